import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type CallOptions,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import {
  type ConformanceRequest,
  ConformanceRequestSchema,
  ConformanceResponseSchema,
  ConformanceService,
} from "@ameideio/conformance-proto/ameide/conformance/v1";
import type { Caller, Place } from "../caller.js";
import { LOAD, TIMES } from "../settings.js";

type Method = "noSideEffects" | "unknown" | "serverStreamNoSideEffects";

const toBytes = (message: ConformanceRequest) =>
  Buffer.from(toBinary(ConformanceRequestSchema, message));
const toMessage = (bytes: Buffer) => fromBinary(ConformanceResponseSchema, bytes);

/** grpc-js as it comes, with deadlines, and keepalive as tight as the SDK's. */
export function grpcJsCaller({ port, material }: Place): Caller {
  const { ca, cert, key } = material();
  const client = new Client(
    `127.0.0.1:${port}`,
    credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert)),
    {
      "grpc.keepalive_time_ms": TIMES.keepAlive.intervalMs,
      "grpc.keepalive_timeout_ms": TIMES.keepAlive.timeoutMs,
      // Node.js allows no address as the name of a TLS server.
      "grpc.ssl_target_name_override": "localhost",
      // Channels of one address are shared within a process: a new client must have a new one.
      "grpc.use_local_subchannel_pool": 1,
    },
  );
  const unary = (method: Method, text: string, timeoutMs: number = TIMES.deadlineMs) =>
    new Promise<void>((resolve, reject) => {
      const done = (error: ServiceError | null) => (error === null ? resolve() : reject(error));
      const request = create(ConformanceRequestSchema, { text });
      const options = deadline(timeoutMs);
      client.makeUnaryRequest(
        pathOf(method),
        toBytes,
        toMessage,
        request,
        new Metadata(),
        options,
        done,
      );
    });
  return {
    async call(kind, text) {
      switch (kind) {
        case "idempotent":
          return unary("noSideEffects", text);
        case "unknown":
          return unary("unknown", text);
        case "stream":
          return readAll(client, text);
        case "brief":
          return unary("noSideEffects", text, LOAD.briefMs).catch((reason: ServiceError) => {
            if (reason.code !== status.DEADLINE_EXCEEDED) {
              throw reason;
            }
          });
      }
    },
    close: () => client.close(),
  };
}

function readAll(client: Client, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let count = 0;
    client
      .makeServerStreamRequest(
        pathOf("serverStreamNoSideEffects"),
        toBytes,
        toMessage,
        create(ConformanceRequestSchema, { text }),
        new Metadata(),
        deadline(TIMES.deadlineMs),
      )
      .on("data", () => (count += 1))
      .on("error", reject)
      .on("end", () => {
        if (count === LOAD.messages) {
          resolve();
        }
      });
  });
}

function deadline(ms: number): CallOptions {
  return { deadline: Date.now() + ms };
}

function pathOf(method: Method): string {
  return `/${ConformanceService.typeName}/${ConformanceService.method[method].name}`;
}
