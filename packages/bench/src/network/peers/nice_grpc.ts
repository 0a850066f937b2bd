import { createChannel, createClient } from "nice-grpc";
import type { PeerMaker } from "../peer.js";
import { GENERATE, RECORD_USAGE } from "./methods.js";

export const makePeer: PeerMaker = (address) => {
  const methods = { recordUsage: RECORD_USAGE, generate: GENERATE };
  const client = createClient(methods, createChannel(address));
  return {
    recordUsage: (usage) => client.recordUsage(usage),
    async generate(prompt, each) {
      for await (const message of client.generate(prompt)) {
        each(message);
      }
    },
  };
};
