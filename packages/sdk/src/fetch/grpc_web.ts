export { createTransport } from "@connectrpc/connect/protocol-grpc-web";
