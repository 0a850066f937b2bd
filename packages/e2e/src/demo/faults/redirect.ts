import { createClient } from "@connectrpc/connect";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { Fault } from "../fault.js";
import { ending, plural } from "../words.js";

/** An answer sends the call, with all it carries, to another host. */
export const redirect: Fault = {
  id: "redirect_other_host",
  title: "307 to another host",
  method: MeterService.method.recordUsage,
  world: {
    script: (otherHost) => ({
      otherwise: {
        respond: {
          status: 307,
          headers: [["location", `${otherHost}/ameide.meter.v1.MeterService/RecordUsage`]],
        },
      },
    }),
  },
  call(transport, signal) {
    const usage = { teamId: "core", eventType: "completion" };
    return createClient(MeterService, transport).recordUsage(usage, { signal });
  },
  cell(trial) {
    if (trial.server.otherHost > 0) {
      return "followed";
    }
    return trial.outcome === "unknown" ? "refused" : ending(trial);
  },
  good: ({ server }) => server.otherHost === 0,
  expected: () => ({
    outcome: "unknown",
    stopReason: "not_retryable",
    attempts: 1,
    billed: 0,
    otherHost: 0,
  }),
  counted: ({ otherHost }) => `${plural(otherHost, "request")} at the other host`,
  decidedBy: {
    rule: "no redirect is followed: credentials stay at their origin",
  },
};
