import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { tokensIssued } from "../expected.js";
import type { Fault } from "../fault.js";
import { FIRST_LIFETIME_MS, GUARDED } from "../token_source.js";
import { ending, plural } from "../words.js";

const CALLS = 100;

/** Many calls at once find that the token they share has expired. */
export const token: Fault = {
  id: "token_expired",
  title: `${CALLS} calls, token expired`,
  method: MeterService.method.queryUsage,
  world: { script: () => ({ otherwise: { forward: {} } }), reference: GUARDED },
  withToken: true,
  async prepare({ transport }) {
    await createClient(MeterService, transport).queryUsage({});
    await sleep(FIRST_LIFETIME_MS);
  },
  call(transport) {
    // One signal for all would make Node warn of a leak.
    const meter = createClient(MeterService, transport);
    return Promise.all(Array.from({ length: CALLS }, () => meter.queryUsage({})));
  },
  cell(trial) {
    const refreshes = plural(tokensIssued(trial), "refresh", "refreshes");
    return trial.outcome === "ok" ? refreshes : `${refreshes}, ${ending(trial)}`;
  },
  good: (trial) => trial.outcome === "ok" && tokensIssued(trial) <= 1,
  expected: ({ bearer }) => ({ outcome: "ok", attempts: CALLS, tokens: bearer ? 1 : 0 }),
  counted: (server) =>
    `${plural(tokensIssued({ server }), "token")}, ${plural(server.calls["QueryUsage"] ?? 0, "call")}`,
  decidedBy: "auth",
};
