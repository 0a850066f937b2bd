import { createTransport } from "@connectrpc/connect/protocol-grpc-web";
import { watched } from "./watched_transport.js";

/** Creates transports of gRPC-Web, which are Connect's. */
export const createGrpcWeb = watched(createTransport);
