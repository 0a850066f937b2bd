import type { Failure } from "./answers.js";

/** §3.9: server's statement about trying again. */
export type Hint =
  | { readonly kind: "stop" }
  | { readonly kind: "pushback"; readonly ms: number }
  | { readonly kind: "retry_info" | "retry_after"; readonly ms: number };

/**
 * §3.9: returns the first valid hint of a failed attempt whose answer is an error of the server.
 */
export function hintOf(failure: Failure, wallMs: number): Hint | undefined {
  if (!isServersError(failure)) {
    return undefined;
  }
  const pushback = valueOf(failure, "grpc-retry-pushback-ms");
  if (pushback !== undefined) {
    if (!/^\d+$/.test(pushback)) {
      return { kind: "stop" };
    }
    return { kind: "pushback", ms: Number(pushback) };
  }
  if (failure.retryInfoMs !== undefined && failure.retryInfoMs >= 0) {
    return { kind: "retry_info", ms: failure.retryInfoMs };
  }
  const ms = digits(valueOf(failure, "retry-after-ms"));
  if (ms !== undefined) {
    return { kind: "retry_after", ms };
  }
  const after = valueOf(failure, "retry-after");
  const seconds = digits(after);
  const wait = seconds === undefined ? fixdate(after, wallMs) : seconds * 1000;
  return wait === undefined ? undefined : { kind: "retry_after", ms: wait };
}

// Tells by the protocol's own error, or by its status, even if the rest of it is lost.
function isServersError({ wireError, httpStatus = 200 }: Failure): boolean {
  return wireError || (httpStatus !== 200 && (httpStatus < 300 || httpStatus >= 400));
}

// A header hides the trailer of its name, even if it says nothing.
function valueOf({ headers, trailers }: Failure, name: string): string | undefined {
  return [...headers, ...trailers].find((one) => one.name.toLowerCase() === name)?.value;
}

function digits(text = ""): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
// RFC 9110, section 5.6.7: IMF-fixdate, the only form a sender may generate.
const FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;

function fixdate(text: string | undefined, wallMs: number): number | undefined {
  const match = FIXDATE.exec(text ?? "");
  if (match === null) {
    return undefined;
  }
  const month = MONTHS.indexOf(match[2] as string);
  if (month < 0) {
    return undefined;
  }
  const part = (group: number): number => Number(match[group]);
  const date = Date.UTC(part(3), month, part(1), part(4), part(5), part(6));
  // A date that does not exist, or has another weekday.
  if (new Date(date).toUTCString() !== text) {
    return undefined;
  }
  const wait = date - wallMs;
  return wait > 0 ? wait : undefined;
}
