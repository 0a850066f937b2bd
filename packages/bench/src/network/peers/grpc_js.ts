import { Client, credentials, type MethodDefinition } from "@grpc/grpc-js";
import type { Prompt, Usage } from "../messages.js";
import type { Peer, PeerMaker } from "../peer.js";
import { GENERATE, RECORD_USAGE } from "./methods.js";

export const makePeer: PeerMaker = (address) => grpcJsPeer(address, RECORD_USAGE, GENERATE);

/** grpc-js as it comes, with methods of any codec. */
export function grpcJsPeer(
  address: string,
  recordUsage: Pick<
    MethodDefinition<Usage, object>,
    "path" | "requestSerialize" | "responseDeserialize"
  >,
  generate: Pick<
    MethodDefinition<Prompt, object>,
    "path" | "requestSerialize" | "responseDeserialize"
  >,
): Peer {
  const client = new Client(new URL(address).host, credentials.createInsecure());
  return {
    recordUsage: (usage) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          recordUsage.path,
          recordUsage.requestSerialize,
          recordUsage.responseDeserialize,
          usage,
          (error, answer) => (error === null ? resolve(answer) : reject(error)),
        );
      }),
    generate: (prompt, each) =>
      new Promise((resolve, reject) => {
        client
          .makeServerStreamRequest(
            generate.path,
            generate.requestSerialize,
            generate.responseDeserialize,
            prompt,
          )
          .on("data", each)
          .on("error", reject)
          .on("end", resolve);
      }),
  };
}
