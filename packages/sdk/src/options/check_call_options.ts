import type { CallOptions, ContextValues } from "@connectrpc/connect";
import { didYouMean, nearestOf } from "../errors/did_you_mean.js";
import { configError } from "../errors/errors.js";
import type { CallSettings } from "./options.js";
import { readOptions } from "./read_options.js";

const KNOWN: Readonly<Record<keyof CallOptions, true>> = {
  timeoutMs: true,
  headers: true,
  signal: true,
  onHeader: true,
  onTrailer: true,
  contextValues: true,
};

// Here rather than from what checks them, which a page that only reads errors does without.
const OURS: Readonly<Record<keyof CallSettings, true>> = {
  auth: true,
  tenant: true,
  timeoutMs: true,
  noDeadline: true,
  attemptTimeoutMs: true,
  firstMessageTimeoutMs: true,
  idleTimeoutMs: true,
  retry: true,
  waitForReady: true,
  headers: true,
  deadlineFrom: true,
  requestId: true,
  idempotencyKey: true,
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
      throw configError(name, ruleFor(name));
    }
  }
  return read;
}

// One that is nearly Connect's is taken for that; else it may be one of ours that is
// handed over bare.
function ruleFor(name: string): string {
  const known = Object.keys(KNOWN);
  const dropped = `is none of Connect's options (${known.join(", ")}), which would drop it`;
  const hint = Object.hasOwn(OURS, name) ? "" : didYouMean(name, known);
  const setting = Object.hasOwn(OURS, name) ? name : nearestOf(name, Object.keys(OURS));
  if (hint !== "" || setting === undefined) {
    return hint + dropped;
  }
  const meant = setting === name ? "" : `did you mean ${setting}? It `;
  return `${meant}${dropped}; a setting of this SDK is wrapped: call({ ${setting}: … })`;
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
