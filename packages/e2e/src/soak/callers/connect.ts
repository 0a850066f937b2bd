import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type { ConformanceService } from "@ameideio/conformance-proto/ameide/conformance/v1";
import type { Caller, Place } from "../caller.js";
import { LOAD } from "../settings.js";

/** Calls by Connect's clients, or by those that look like them. */
export function connectCaller(
  client: Client<typeof ConformanceService>,
  { signal }: Place,
  close: () => void,
): Caller {
  return {
    async call(kind, text) {
      switch (kind) {
        case "idempotent":
          await client.noSideEffects({ text }, { signal });
          return;
        case "unknown":
          await client.unknown({ text }, { signal });
          return;
        case "stream":
          await readAll(client.serverStreamNoSideEffects({ text }, { signal }));
          return;
        case "brief":
          try {
            await client.noSideEffects({ text }, { signal, timeoutMs: LOAD.briefMs });
          } catch (reason) {
            if (ConnectError.from(reason).code !== Code.DeadlineExceeded) {
              throw reason;
            }
          }
      }
    },
    close,
  };
}

async function readAll(messages: AsyncIterable<unknown>): Promise<void> {
  let count = 0;
  for await (const _ of messages) {
    count += 1;
  }
  if (count !== LOAD.messages) {
    throw new Error(`a stream ended well after ${count} messages`);
  }
}
