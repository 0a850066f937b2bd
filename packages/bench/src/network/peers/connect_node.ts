import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Agent } from "node:http";
import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { PeerMaker } from "../peer.js";
import { connectPeer } from "./connect.js";

export const makePeer: PeerMaker = (baseUrl, version, protocol) => {
  const versioned =
    version === "1.1"
      ? { httpVersion: version, nodeOptions: { agent: new Agent({ keepAlive: true }) } }
      : { httpVersion: version };
  const transport =
    protocol === "grpc"
      ? createGrpcTransport({ baseUrl })
      : createConnectTransport({ baseUrl, ...versioned });
  return connectPeer(
    createClient(MeterService, transport),
    createClient(InferenceService, transport),
  );
};
