import { createRegistry } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import {
  type ClientCompatRequest,
  Codec,
  Compression,
  file_connectrpc_conformance_v1_service,
  HTTPVersion,
  Protocol,
} from "@ameideio/conformance-proto/connectrpc/conformance/v1";

/** Transport for one case, with the function that ends its connections. */
export interface Opened {
  readonly transport: Transport;
  close(): void;
}

/** Opens the transport that a case asks for; throws if it cannot. */
export type Open = (request: ClientCompatRequest) => Opened;

/** Demands of a case on its transport. */
export interface Asked {
  readonly baseUrl: string;
  readonly protocol: "connect" | "grpc" | "grpc-web";
  readonly format: "binary" | "json";
  readonly httpVersion: "1.1" | "2";
  readonly compression: "none" | "gzip" | "br";
  /** In bytes; undefined for no limit of the case's. */
  readonly readMaxBytes: number | undefined;
}

/** Reads the demands of a case on its transport; throws if they cannot be met. */
export function asked(request: ClientCompatRequest): Asked {
  const scheme = request.serverTlsCert.length > 0 ? "https" : "http";
  return {
    baseUrl: `${scheme}://${request.host}:${request.port}`,
    protocol: pick(Protocol, request.protocol, {
      [Protocol.CONNECT]: "connect",
      [Protocol.GRPC]: "grpc",
      [Protocol.GRPC_WEB]: "grpc-web",
    }),
    format: pick(Codec, request.codec, { [Codec.PROTO]: "binary", [Codec.JSON]: "json" }),
    httpVersion: pick(HTTPVersion, request.httpVersion, {
      [HTTPVersion.HTTP_VERSION_1]: "1.1",
      [HTTPVersion.HTTP_VERSION_2]: "2",
    }),
    compression: pick(Compression, request.compression, {
      [Compression.UNSPECIFIED]: "none",
      [Compression.IDENTITY]: "none",
      [Compression.GZIP]: "gzip",
      [Compression.BR]: "br",
    }),
    readMaxBytes: request.messageReceiveLimit === 0 ? undefined : request.messageReceiveLimit,
  };
}

/** Messages in `Any` fields of the suite: JSON cannot be written without them. */
export const registry = createRegistry(file_connectrpc_conformance_v1_service);

function pick<T extends string>(
  names: Readonly<Record<number, string>>,
  value: number,
  known: Readonly<Record<number, T>>,
): T {
  const found = known[value];
  if (found === undefined) {
    throw new Error(`the client knows no ${names[value] ?? value}`);
  }
  return found;
}
