import { createClient } from "@connectrpc/connect";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { Fault } from "../fault.js";
import { ending, plural, seconds } from "../words.js";

const RETRY_AFTER_S = 1;

/** A proxy says in HTML that the service is down, and when it will be back. It keeps its word. */
export const unavailable: Fault = {
  id: "unavailable_html",
  title: "503 HTML, Retry-After 1 s",
  method: MeterService.method.queryUsage,
  world: {
    script: () => ({
      otherwise: {
        respond: {
          status: 503,
          headers: [
            ["content-type", "text/html"],
            ["retry-after", String(RETRY_AFTER_S)],
          ],
          body: { text: "<html><h1>503 Service Unavailable</h1></html>" },
        },
      },
    }),
    later: { afterMs: 900, script: { otherwise: { forward: {} } } },
  },
  call: (transport, signal) => createClient(MeterService, transport).queryUsage({}, { signal }),
  cell(trial) {
    const tries = plural(trial.attempts.length, "try", "tries");
    if (trial.outcome === "ok") {
      return `${tries}, ${seconds(trial.durationMs)}`;
    }
    return trial.stopReason === undefined ? `${tries}, failed` : `${tries}, ${ending(trial)}`;
  },
  good: ({ outcome }) => outcome === "ok",
  expected({ repeatable }) {
    if (repeatable === undefined) {
      return { outcome: "unavailable", stopReason: "not_idempotent", attempts: 1 };
    }
    // Never early, and up to a tenth late, so that clients do not return all at once.
    const waitedMs = { from: RETRY_AFTER_S * 1_000, to: RETRY_AFTER_S * 1_100 };
    return { outcome: "ok", attempts: 2, waitedMs };
  },
  counted: ({ calls }) => `${plural(calls["QueryUsage"] ?? 0, "call")} got through`,
};
