import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { Fault } from "../fault.js";
import { TENANT } from "../sdks.js";
import { ending, plural, seconds } from "../words.js";

const ATTEMPT_TIMEOUT_MS = 1_000;
const GIVE_UP_MS = 2_000;

/** Half of an answer comes, then nothing, and the connection stays open. */
export const stall: Fault = {
  id: "stalled_answer",
  title: "answer stalls half-way",
  method: MeterService.method.getUsageSummary,
  world: {
    script: () => ({
      attempts: [{ forward: { cut: { after: "half", how: "stall" } } }],
      otherwise: { forward: {} },
    }),
  },
  attemptTimeoutMs: ATTEMPT_TIMEOUT_MS,
  giveUpMs: GIVE_UP_MS,
  async prepare({ directUrl }) {
    // Something to sum up, so that the answer has two halves.
    const transport = createConnectTransport({ baseUrl: directUrl, httpVersion: "1.1" });
    const usage = { teamId: "core", eventType: "completion", inputTokens: 1_200n };
    const headers = { "x-tenant-id": TENANT };
    await createClient(MeterService, transport).recordUsage(usage, { headers });
  },
  call: (transport, signal) =>
    createClient(MeterService, transport).getUsageSummary({}, { signal }),
  cell(trial) {
    if (trial.outcome === "pending") {
      const timeoutMs = trial.attempts[0]?.timeoutMs ?? Infinity;
      return `hanging at ${seconds(trial.durationMs, 1)} of ${seconds(timeoutMs, 0)}`;
    }
    if (trial.outcome !== "ok") {
      return ending(trial);
    }
    return `${trial.attempts.length > 1 ? "retried, " : ""}${seconds(trial.durationMs, 1)}`;
  },
  good: ({ outcome }) => outcome === "ok",
  expected({ repeatable }) {
    // The attempt timeout ends an attempt only where another may follow.
    if (repeatable === undefined) {
      return { outcome: "pending", attempts: 1 };
    }
    return {
      outcome: "ok",
      attempts: 2,
      durationMs: { from: ATTEMPT_TIMEOUT_MS, to: GIVE_UP_MS },
    };
  },
  counted: ({ calls }) => plural(calls["GetUsageSummary"] ?? 0, "call"),
  foretold: { unrepeatable: `hanging at ${seconds(GIVE_UP_MS, 1)}` },
};
