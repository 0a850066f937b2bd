import type { Combination } from "../suite/plan.js";
import { type Difference, Step } from "./difference.js";
import { type Arrived, headerValues } from "./requests.js";

/**
 * Compares a run with the combination it was asked for, which no case can state: an adapter that
 * speaks another format or HTTP version proves nothing about the one it was asked for.
 */
export function compareCombination(
  { protocol, format, http }: Combination,
  requests: readonly Arrived[],
  found: Difference[],
): void {
  const type = mediaType(protocol, format);
  requests.forEach((request, i) => {
    const step = new Step(`request ${i + 1}`, found);
    if (request.http !== undefined && http !== "auto") {
      step.equal("HTTP version", http, request.http);
    }
    // A GET has its format in its query; an unread request has none.
    if (request.method === "GET" || request.headers.length === 0) {
      return;
    }
    const values = headerValues(request, "content-type");
    if (values.length !== 1 || !type.test(values[0] ?? "")) {
      step.differs(
        "header content-type",
        `${format} of ${protocol}`,
        values.join(", ") || "absent",
      );
    }
  });
}

// https://connectrpc.com/docs/protocol, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
function mediaType(protocol: string, format: string): RegExp {
  const codec = format === "json" ? "json" : "proto";
  if (protocol === "connect") {
    return new RegExp(`^application/(connect\\+)?${codec}$`);
  }
  // Without a codec it is proto.
  return new RegExp(`^application/${protocol}(\\+${codec})${codec === "proto" ? "?" : ""}$`);
}
