import type { CallOptions } from "@connectrpc/connect";
import { didYouMean } from "./did_you_mean.js";
import { type AmeideError, configError } from "./errors.js";

const KNOWN: Readonly<Record<keyof CallOptions, true>> = {
  timeoutMs: true,
  headers: true,
  signal: true,
  onHeader: true,
  onTrailer: true,
  contextValues: true,
};

/**
 * The error for options of a call that Connect would drop: CONFIG_INVALID, naming
 * the first of them. Undefined where there is none.
 */
export function wrongCallOption(options: object): AmeideError | undefined {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN, name)) {
      const known = Object.keys(KNOWN);
      const rule =
        `is none of Connect's options (${known.join(", ")}), which would drop it; ` +
        `a setting of this SDK is wrapped: call({ ${name}: … })`;
      return configError(name, didYouMean(name, known) + rule);
    }
  }
  return undefined;
}
