import type { CallInfo, CallSink } from "./observer.js";

/**
 * Creates spans and metrics of calls. `/otel` provides one over OpenTelemetry; the SDK itself knows
 * only this interface.
 */
export interface Telemetry {
  /** Called when a call begins; undefined if it is of no interest. */
  begin(call: CallInfo, options: TelemetryOptions): CallSink | undefined;
}

/** Telemetry options of a client. */
export interface TelemetryOptions {
  /** Keys of W3C baggage to pass on. */
  readonly baggage: readonly string[];
  /** Create a child span for each attempt. */
  readonly attemptSpans: boolean;
}
