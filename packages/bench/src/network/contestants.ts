import type { HttpVersion, PeerMaker, Protocol } from "./peer.js";

/** A client that takes part, and what it is measured with. */
export interface Contestant {
  readonly name: string;
  readonly protocol: Protocol;
  readonly versions: readonly HttpVersion[];
  /** Loads its libraries, which no other client's process has. */
  readonly load: (version: HttpVersion) => Promise<{ readonly makePeer: PeerMaker }>;
}

const connectNode = () => import("./peers/connect_node.js");
const raw = (version: HttpVersion) =>
  version === "2" ? import("./peers/raw_http2.js") : import("./peers/raw_http1.js");
const sdk = () => import("./peers/sdk.js");

/** Those that others are compared with, and the SDK. */
export const NAMES = {
  floor: { connect: "raw", grpc: "raw, gRPC" },
  connectNode: "connect-node",
  control: "A/A: connect-node",
  grpcJs: "grpc-js",
  sdk: "the SDK",
  sdkGrpc: "the SDK, gRPC",
} as const;

export const CONTESTANTS: readonly Contestant[] = [
  { name: NAMES.floor.connect, protocol: "connect", versions: ["1.1", "2"], load: raw },
  { name: NAMES.connectNode, protocol: "connect", versions: ["1.1", "2"], load: connectNode },
  { name: NAMES.control, protocol: "connect", versions: ["1.1", "2"], load: connectNode },
  {
    name: "connect-web, fetch",
    protocol: "connect",
    versions: ["1.1"],
    load: () => import("./peers/connect_web.js"),
  },
  { name: NAMES.sdk, protocol: "connect", versions: ["1.1", "2"], load: sdk },
  { name: NAMES.floor.grpc, protocol: "grpc", versions: ["2"], load: raw },
  { name: "connect-node, gRPC", protocol: "grpc", versions: ["2"], load: connectNode },
  {
    name: NAMES.grpcJs,
    protocol: "grpc",
    versions: ["2"],
    load: () => import("./peers/grpc_js.js"),
  },
  {
    name: "grpc-js, protobufjs",
    protocol: "grpc",
    versions: ["2"],
    load: () => import("./peers/grpc_js_protobufjs.js"),
  },
  {
    name: "nice-grpc",
    protocol: "grpc",
    versions: ["2"],
    load: () => import("./peers/nice_grpc.js"),
  },
  { name: NAMES.sdkGrpc, protocol: "grpc", versions: ["2"], load: sdk },
];

/** Returns the contestant of a name. */
export function contestantOf(name: string): Contestant {
  const found = CONTESTANTS.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`no contestant is named ${name}`);
  }
  return found;
}
