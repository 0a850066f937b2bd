import { summary } from "../errors/bounded_text.js";
import type { CallEvent, CallSink } from "./observer.js";
import type { ErrorBounds } from "../policy/policy.js";

/** Level of logging: failed calls, failed attempts too, all calls, every attempt. */
export type LogLevel = "off" | "error" | "warn" | "info" | "debug";

/** Target of log lines; `console` is one, and so are most loggers. */
export interface Logger {
  error(message: string, fields: Record<string, unknown>): void;
  warn(message: string, fields: Record<string, unknown>): void;
  info(message: string, fields: Record<string, unknown>): void;
  debug(message: string, fields: Record<string, unknown>): void;
}

/** Receives warnings for the operator of a client. */
export type Warn = (message: string, fields: Record<string, unknown>) => void;

/** All levels, from none to most. */
export const LOG_LEVELS: readonly LogLevel[] = ["off", "error", "warn", "info", "debug"];

// A key counts as a header outside the allow-list.
type LoggedEvent = CallEvent & { readonly idempotencyKey?: unknown };

/** Logs the events of a call up to a level. */
export function createLogSink(logger: Logger, level: LogLevel): CallSink | undefined {
  const max = LOG_LEVELS.indexOf(level);
  if (max <= 0) {
    return undefined;
  }
  return {
    event(event) {
      const at = levelOf(event);
      if (LOG_LEVELS.indexOf(at) <= max) {
        const { type, idempotencyKey: _unlogged, ...fields } = event as LoggedEvent;
        return logger[at](`ameide ${type.replace("_", " ")}`, fields);
      }
      return undefined;
    },
  };
}

function levelOf(event: CallEvent): Exclude<LogLevel, "off"> {
  switch (event.type) {
    case "attempt_started":
      return "debug";
    case "attempt_failed":
    case "waiting":
    case "would_have":
      return "warn";
    case "done":
      return event.code === undefined ? "info" : "error";
  }
}

const LOGGED: ReadonlySet<string> = new Set([
  "connect-protocol-version",
  "connect-timeout-ms",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "grpc-status",
  "grpc-timeout",
  "retry-after",
  "traceparent",
  "user-agent",
  "x-request-id",
]);

/** Reports whether the value of a header, named in lower case, is logged as it is. */
export function isLoggedHeader(lower: string): boolean {
  return LOGGED.has(lower);
}

/**
 * Returns headers for the log: all but a few values are replaced by `REDACTED`, and of too many
 * headers only the number is shown.
 */
export function redactHeaders(
  headers: Headers,
  { maxEntries, maxPrintedTextBytes }: ErrorBounds,
): Record<string, string> {
  const redacted: Record<string, string> = {};
  let count = 0;
  headers.forEach((value, name) => {
    if (++count <= maxEntries) {
      redacted[summary(name, maxPrintedTextBytes)] = LOGGED.has(name)
        ? summary(value, maxPrintedTextBytes)
        : "REDACTED";
    }
  });
  if (count > maxEntries) {
    redacted["…"] = `${count - maxEntries} more`;
  }
  return redacted;
}
