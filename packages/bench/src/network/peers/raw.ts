import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  GenerateRequestSchema,
  GenerateResponseSchema,
} from "@ameideio/core-proto/ameide/inference/v1";
import {
  RecordUsageRequestSchema,
  RecordUsageResponseSchema,
} from "@ameideio/core-proto/ameide/meter/v1";
import type { Peer, Protocol } from "../peer.js";
import { frame, frameReader } from "../frames.js";
import { GENERATE, RECORD_USAGE } from "./methods.js";

/** Sends a request, and hands on the chunks of the answer until it has ended well. */
export type Exchange = (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  onChunk: (chunk: Buffer) => void,
) => Promise<void>;

const CONNECT_UNARY = { "content-type": "application/proto", "connect-protocol-version": "1" };
const CONNECT_STREAM = { ...CONNECT_UNARY, "content-type": "application/connect+proto" };
const GRPC = { "content-type": "application/grpc+proto", te: "trailers" };

/** The least that a client can do: encodes, sends, reads, decodes. */
export function rawPeer(exchange: Exchange, protocol: Protocol): Peer {
  const isGrpc = protocol === "grpc";
  return {
    async recordUsage(usage) {
      const request = toBinary(RecordUsageRequestSchema, create(RecordUsageRequestSchema, usage));
      let answer: Buffer | undefined;
      if (isGrpc) {
        const read = frameReader((_, message) => (answer = message));
        await exchange(RECORD_USAGE.path, GRPC, frame(request), read);
      } else {
        await exchange(RECORD_USAGE.path, CONNECT_UNARY, request, (chunk) => {
          answer = answer === undefined ? chunk : Buffer.concat([answer, chunk]);
        });
      }
      if (answer === undefined) {
        throw new Error("the answer is empty");
      }
      return fromBinary(RecordUsageResponseSchema, answer);
    },
    async generate(prompt, each) {
      const request = toBinary(GenerateRequestSchema, create(GenerateRequestSchema, prompt));
      const read = frameReader((flags, message) => {
        // Connect ends a stream by a frame of another kind.
        if (flags === 0) {
          each(fromBinary(GenerateResponseSchema, message));
        }
      });
      await exchange(GENERATE.path, isGrpc ? GRPC : CONNECT_STREAM, frame(request), read);
    },
  };
}
