/** Server's statement about when to try again. */
export type Hint =
  /** `grpc-retry-pushback-ms` (gRPC retry design, A6): wait exactly this long. */
  | { readonly kind: "pushback"; readonly delayMs: number }
  /** A negative or unparsable pushback: do not try again. */
  | { readonly kind: "stop" }
  /** Wait at least this long. */
  | {
      readonly kind: "delay";
      readonly delayMs: number;
      readonly from: "retry_info" | "retry-after-ms" | "retry-after";
    };

/** Place of a hint in a failed response. */
export interface HintSource {
  /** Returns a header, or a trailer if there is no such header. */
  get(name: string): string | null;
  /** `google.rpc.RetryInfo.retry_delay` in milliseconds, if there is one. */
  readonly retryInfoMs?: number | undefined;
  /** Wall clock in epoch milliseconds, for `Retry-After` dates. */
  readonly wallNowMs: number;
}

/** Reads the first valid hint of a failed response. */
export function readHint(source: HintSource): Hint | undefined {
  const pushback = source.get("grpc-retry-pushback-ms");
  if (pushback !== null) {
    const delayMs = parseDigits(pushback.trim());
    return delayMs === undefined ? { kind: "stop" } : { kind: "pushback", delayMs };
  }
  if (source.retryInfoMs !== undefined && source.retryInfoMs >= 0) {
    return { kind: "delay", delayMs: saturate(Math.ceil(source.retryInfoMs)), from: "retry_info" };
  }
  const ms = parseDigits(source.get("retry-after-ms"));
  if (ms !== undefined) {
    return { kind: "delay", delayMs: ms, from: "retry-after-ms" };
  }
  const retryAfter = parseRetryAfter(source.get("retry-after"), source.wallNowMs);
  if (retryAfter !== undefined) {
    return { kind: "delay", delayMs: retryAfter, from: "retry-after" };
  }
  return undefined;
}

/** Returns the wait that a hint asks for, in milliseconds; undefined for none or a stop. */
export function hintDelay(hint: Hint | undefined): number | undefined {
  return hint === undefined || hint.kind === "stop" ? undefined : hint.delayMs;
}

// RFC 9110, section 10.2.3: delay-seconds, or a date.
function parseRetryAfter(value: string | null, wallNowMs: number): number | undefined {
  if (value === null) {
    return undefined;
  }
  const seconds = parseDigits(value);
  if (seconds !== undefined) {
    return saturate(seconds * 1_000);
  }
  const date = parseImfFixdate(value);
  // A date in the past may come from a clock that is behind.
  return date === undefined || date <= wallNowMs ? undefined : Math.ceil(date - wallNowMs);
}

function parseDigits(value: string | null): number | undefined {
  return value !== null && /^[0-9]+$/.test(value) ? saturate(Number(value)) : undefined;
}

function saturate(ms: number): number {
  return Math.min(ms, Number.MAX_SAFE_INTEGER);
}

const IMF_FIXDATE_LENGTH = 29;

// RFC 9110, section 5.6.7. Date.parse accepts far more, including days that do not exist;
// toUTCString gives an IMF-fixdate to compare with.
function parseImfFixdate(value: string): number | undefined {
  if (value.length !== IMF_FIXDATE_LENGTH) {
    return undefined;
  }
  const ms = Date.parse(value);
  return Number.isNaN(ms) || new Date(ms).toUTCString() !== value ? undefined : ms;
}
