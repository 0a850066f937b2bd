import { createTransport as connect } from "@connectrpc/connect/protocol-connect";
import { createTransport as grpc } from "@connectrpc/connect/protocol-grpc";
import { createTransport as grpcWeb } from "@connectrpc/connect/protocol-grpc-web";
import { type Wire, wireMark } from "./options/options.js";
import { watched } from "./wire/watched_transport.js";

const marked = {
  connect: watched(connect),
  grpc: watched(grpc),
  "grpc-web": watched(grpcWeb),
  [wireMark]: true,
};

/**
 * Connect's own transports, for the option `wire`: in the place of the SDK's, which are faster, with
 * the same policies around them.
 *
 * ```ts
 * const transport = createAmeideTransport({ baseUrl, wire: connectWire });
 * ```
 */
export const connectWire: Wire = marked;
