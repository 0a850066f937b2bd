import { type Code, ConnectError, type Transport } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { type CallEvent, type Done, isAmeideError } from "@ameideio/ameide-sdk-ts";
import type { Fault } from "./fault.js";
import type { Sdk } from "./sdks.js";
import { tokenSource } from "./token_source.js";
import type { Trial } from "./trial.js";
import { wireAttempts } from "./wire.js";
import { difference, type ServerCounts, World } from "./world.js";

/** Makes a fault happen to an SDK, on servers of its own. */
export async function runTrial(fault: Fault, sdk: Sdk): Promise<Trial> {
  const world = await World.open(fault.world);
  const events: CallEvent[] = [];
  const counts: ServerCounts[] = [];
  let before = world.counts();
  const client = sdk.connect(
    {
      baseUrl: world.url,
      ...(fault.withToken && { getToken: tokenSource(world.url) }),
      ...(fault.attemptTimeoutMs !== undefined && { attemptTimeoutMs: fault.attemptTimeoutMs }),
    },
    (event) => {
      events.push(event);
      counts.push(difference(before, world.counts()));
    },
  );
  try {
    await client.ready;
    await fault.prepare?.({ transport: client.transport, directUrl: world.directUrl });
    before = world.counts();
    const firstRequest = world.requests.length;
    events.length = 0;
    counts.length = 0;
    const settled = await settle(client.transport, fault);
    const { outcome, durationMs } = settled;
    const trial = {
      sdk: sdk.name,
      outcome,
      durationMs,
      ...lastOf(events),
      attempts: wireAttempts(world.requests.slice(firstRequest)),
      server: difference(before, world.counts()),
      events: events.map((event, i) => ({ event, server: counts[i] as ServerCounts })),
    };
    settled.stop();
    return trial;
  } finally {
    try {
      client.close();
    } finally {
      await world.close();
    }
  }
}

// Waits for the call, but not forever: `stop` ends one that is still under way.
async function settle(
  transport: Transport,
  fault: Fault,
): Promise<{ outcome: string; durationMs: number; stop(): void }> {
  const controller = new AbortController();
  const start = performance.now();
  const ended = fault.call(transport, controller.signal).then(
    () => "ok",
    (reason: unknown) => codeToString(codeOf(reason)),
  );
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, fault.giveUpMs ?? 30_000, "pending");
  });
  const outcome = await Promise.race([ended, tooLong]);
  clearTimeout(timer);
  return { outcome, durationMs: performance.now() - start, stop: () => controller.abort() };
}

function codeOf(reason: unknown): Code {
  return isAmeideError(reason) ? reason.code : ConnectError.from(reason).code;
}

function lastOf(events: readonly CallEvent[]): Pick<Trial, "stopReason" | "waitedMs"> {
  const ends = events.filter((event): event is Done => event.type === "done");
  return {
    stopReason: ends.find(({ stopReason }) => stopReason !== undefined)?.stopReason,
    waitedMs: ends.length === 0 ? undefined : Math.max(...ends.map((end) => end.retryDelayMs)),
  };
}
