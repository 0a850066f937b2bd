import type { CallInfo, CallSink } from "./observer.js";

/**
 * Makes spans and metrics of calls. `/otel` makes one over OpenTelemetry; the
 * SDK itself knows only this much of it.
 */
export interface Telemetry {
  /** Called when a call begins; undefined if it is of no interest. */
  begin(call: CallInfo, options: TelemetryOptions): CallSink | undefined;
}

/** What a client's options say of telemetry. */
export interface TelemetryOptions {
  /** Keys of W3C baggage to pass on. */
  readonly baggage: readonly string[];
  /** A child span for each attempt. */
  readonly attemptSpans: boolean;
}
