import type { CallOptions, ContextValues } from "@connectrpc/connect";
import { didYouMean } from "../errors/did_you_mean.js";
import { configError } from "../errors/errors.js";
import { readOptions } from "./read_options.js";

const KNOWN: Readonly<Record<keyof CallOptions, true>> = {
  timeoutMs: true,
  headers: true,
  signal: true,
  onHeader: true,
  onTrailer: true,
  contextValues: true,
};

/**
 * Reads Connect's own options of a call, once.
 *
 * @throws AmeideError CONFIG_INVALID naming the first that Connect would drop.
 */
export function readCallOptions(options: CallOptions): CallOptions {
  const read = readOptions("options", () => ({ ...options }));
  for (const name of Object.keys(read)) {
    if (!Object.hasOwn(KNOWN, name)) {
      const known = Object.keys(KNOWN);
      const rule =
        `is none of Connect's options (${known.join(", ")}), which would drop it; ` +
        `a setting of this SDK is wrapped: call({ ${name}: … })`;
      throw configError(name, didYouMean(name, known) + rule);
    }
  }
  return read;
}

/**
 * Checks what Connect hands on unseen.
 *
 * @throws AmeideError CONFIG_INVALID naming what is not.
 */
export function checkRuntimeOptions(
  signal: AbortSignal | undefined,
  contextValues: ContextValues | undefined,
): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    // Another realm's, or one that is made by hand.
    const { aborted, addEventListener } = readOptions("signal", () => {
      const given = Object(signal) as Partial<AbortSignal>;
      return { aborted: given.aborted, addEventListener: given.addEventListener };
    });
    if (typeof aborted !== "boolean" || typeof addEventListener !== "function") {
      throw configError("signal", "must be an AbortSignal", signal);
    }
  }
  if (contextValues !== undefined) {
    const get = readOptions("contextValues", () => Object(contextValues).get as unknown);
    if (typeof get !== "function") {
      throw configError("contextValues", "must be made by createContextValues()", contextValues);
    }
  }
}
