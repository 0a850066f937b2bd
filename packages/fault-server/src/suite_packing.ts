import { gzipSync } from "node:zlib";
import { Packing } from "@ameideio/conformance-proto";
import { toBytes } from "./answer.js";
import { ScriptError } from "./rules.js";
import type { Body, Respond } from "./script.js";
import { isEnveloped } from "./suite_stream.js";
import type { SuiteRun } from "./suite_run.js";

const COMPRESSED = 1;
const HEADER_BYTES = 5;

/** Compresses an answer: its body, or the content of each of its envelopes. */
export function packed<R extends Pick<Respond, "headers" | "body" | "chunks" | "cut">>(
  answer: R,
  packing: Packing,
  run: SuiteRun,
  path: string,
): R {
  if (packing === Packing.UNSPECIFIED) {
    return answer;
  }
  if (answer.cut !== undefined) {
    throw new ScriptError(`${path}.packing`, "cannot be where the stream does not end well");
  }
  const pack = (bytes: Buffer) => (packing === Packing.BROKEN_GZIP ? bytes : gzipSync(bytes));
  const enveloped = isEnveloped(run);
  const whole = (piece: Body) => {
    const bytes = toBytes(piece);
    return { base64: (enveloped ? repacked(bytes, pack) : pack(bytes)).toString("base64") };
  };
  const header = enveloped
    ? run.protocol === "connect"
      ? "connect-content-encoding"
      : "grpc-encoding"
    : "content-encoding";
  const told = packing === Packing.UNTOLD_GZIP ? [] : [[header, "gzip"] as const];
  return {
    ...answer,
    headers: [...(answer.headers ?? []), ...told],
    ...(answer.body && { body: whole(answer.body) }),
    ...(answer.chunks && {
      chunks: answer.chunks.map(({ delayMs, ...piece }) => ({
        ...whole(piece),
        ...(delayMs !== undefined && { delayMs }),
      })),
    }),
  };
}

/** Returns one envelope with its content compressed. */
function repacked(envelope: Buffer, pack: (bytes: Buffer) => Buffer): Buffer {
  if (envelope.length === 0) {
    return envelope;
  }
  const inside = pack(envelope.subarray(HEADER_BYTES));
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt8((envelope[0] ?? 0) | COMPRESSED);
  head.writeUInt32BE(inside.length, 1);
  return Buffer.concat([head, inside]);
}
