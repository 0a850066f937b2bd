import { createHash, randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { InvokeSummarySchema, Provider } from "@ameideio/core-proto/beamline/provider/v1";
import { pause } from "./abort.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

// Of a result that is streamed.
const BYTES_PER_CHUNK = 1024;
const USD_PER_BYTE = 1e-6;

const OPERATIONS: Record<string, (body: Uint8Array) => Uint8Array> = {
  echo: (body) => body,
  sha256: (body) => createHash("sha256").update(body).digest(),
};

/**
 * Provider. The parameter `operation` says what it does with the body: `echo`, the default, or
 * `sha256`. Every byte it reads and makes costs; work that fails costs nothing.
 */
export function provider(store: Store): Methods<typeof Provider> {
  return {
    invoke({ requestId, body, parameters }) {
      const startedAt = store.now();
      const made = operate(body, parameters);
      const summary = summarize(store, startedAt, body, made);
      return { requestId, body: made ?? new Uint8Array(), ...summary };
    },

    async *invokeStream(request, call) {
      const startedAt = store.now();
      const requestId = request.requestId || randomUUID();
      const made = operate(request.body, request.parameters);
      for (const value of chunks(made ?? new Uint8Array())) {
        await pause(store.tokenDelayMs, call.signal);
        yield { requestId, event: { case: "chunk", value } };
      }
      const value = summarize(store, startedAt, request.body, made);
      yield { requestId, event: { case: "summary", value } };
    },
  };
}

function operate(body: Uint8Array, parameters: Record<string, string>): Uint8Array | undefined {
  const name = parameters["operation"] ?? "echo";
  return Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name]?.(body) : undefined;
}

function* chunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += BYTES_PER_CHUNK) {
    yield bytes.subarray(at, at + BYTES_PER_CHUNK);
  }
}

function summarize(
  store: Store,
  startedAt: number,
  body: Uint8Array,
  made: Uint8Array | undefined,
): Omit<MessageInitShape<typeof InvokeSummarySchema>, "$typeName"> {
  return {
    latencyMs: BigInt(Math.round(store.now() - startedAt)),
    cost: made === undefined ? 0 : (body.length + made.length) * USD_PER_BYTE,
    errorCode: made === undefined ? "UNKNOWN_OPERATION" : "",
  };
}
