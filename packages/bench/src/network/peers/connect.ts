import type { Client } from "@connectrpc/connect";
import type { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import type { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { Peer } from "../peer.js";

/** Calls by Connect's clients, or by those that look like them. */
export function connectPeer(
  meter: Client<typeof MeterService>,
  inference: Client<typeof InferenceService>,
): Peer {
  return {
    recordUsage: (usage) => meter.recordUsage(usage),
    async generate(prompt, each) {
      for await (const message of inference.generate(prompt)) {
        each(message);
      }
    },
  };
}
