import { createClient } from "@connectrpc/connect";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { Fault } from "../fault.js";
import { ending, plural } from "../words.js";

/** The server acts on a request, and the connection is lost before the answer. */
export const reset: Fault = {
  id: "reset_after_read",
  title: "reset after server read it",
  method: MeterService.method.recordUsage,
  world: {
    script: () => ({
      attempts: [{ forward: { cut: { after: "nothing", how: "reset" } } }],
      otherwise: { forward: {} },
    }),
  },
  call(transport, signal) {
    const usage = { teamId: "core", eventType: "completion", inputTokens: 1_200n };
    return createClient(MeterService, transport).recordUsage(usage, { signal });
  },
  cell(trial) {
    const billed = `billed ${trial.server.billed}×`;
    return trial.outcome === "ok" ? billed : `${billed}, ${ending(trial)}`;
  },
  good: ({ server }) => server.billed === 1,
  expected({ repeatable }) {
    if (repeatable === undefined) {
      return { outcome: "unavailable", stopReason: "not_idempotent", attempts: 1, billed: 1 };
    }
    // A method that is said to be idempotent, and is not, is repeated all the same.
    return { outcome: "ok", attempts: 2, billed: repeatable === "idempotency_key" ? 1 : 2 };
  },
  counted: ({ billed }) => plural(billed, "record"),
};
