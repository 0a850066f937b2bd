import { writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import { ConformanceService } from "@ameideio/conformance-proto/ameide/conformance/v1";
import { LOAD } from "./settings.js";

/**
 * Returns the called service. It records an execution that may happen only once before anything
 * else, so that even a killed server has reported it.
 *
 * @param journal - Descriptor of the file: a line for each execution.
 */
export function routesOf(journal: number): (router: ConnectRouter) => void {
  return (router) =>
    router.service(ConformanceService, {
      async noSideEffects({ text }, context) {
        await work(context);
        return { text };
      },
      async unknown({ text }, context) {
        writeSync(journal, `${text}\n`);
        await work(context);
        return { text };
      },
      async *serverStreamNoSideEffects({ text }, { signal }) {
        for (let i = 0; i < LOAD.messages; i++) {
          await pause(LOAD.messageMs, signal);
          yield { text };
        }
      },
    });
}

async function work({ signal }: HandlerContext): Promise<void> {
  const ms = LOAD.leastMs + Math.random() * (LOAD.mostMs - LOAD.leastMs);
  await pause(ms, signal);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch {
    // The reason is Connect's own error, of the deadline or of a client that left.
    throw signal.reason;
  }
}
