import { createClient } from "@connectrpc/connect";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { Fault } from "../fault.js";
import { ending, plural } from "../words.js";

const DEADLINE_MS = 400;

/** A server takes half of the time a call has, only to say that it is overloaded for longer. */
export const deadline: Fault = {
  id: "deadline_slow_server",
  title: `${DEADLINE_MS} ms deadline, server slow`,
  method: MeterService.method.queryUsage,
  world: {
    script: () => ({
      otherwise: {
        respond: {
          status: 503,
          delayMs: DEADLINE_MS / 2,
          headers: [
            ["content-type", "text/plain"],
            ["retry-after", "1"],
          ],
          body: { text: "overloaded" },
        },
      },
    }),
  },
  call(transport, signal) {
    const options = { signal, timeoutMs: DEADLINE_MS };
    return createClient(MeterService, transport).queryUsage({}, options);
  },
  cell(trial) {
    const time = `${Math.round(trial.durationMs)} ms`;
    if (trial.stopReason === "not_idempotent") {
      return `${time}, ${ending(trial)}`;
    }
    return trial.waitedMs === 0 ? `${time}, no sleep` : time;
  },
  good: ({ durationMs }) => durationMs <= DEADLINE_MS,
  expected: ({ repeatable }) => ({
    outcome: "unavailable",
    stopReason: repeatable === undefined ? "not_idempotent" : "server_delay",
    attempts: 1,
    waitedMs: { from: 0, to: 0 },
    durationMs: { from: DEADLINE_MS / 2, to: DEADLINE_MS },
  }),
  foretold: { repeatable: "server_delay" },
  counted: ({ calls }) => `${plural(calls["QueryUsage"] ?? 0, "call")} got through`,
};
