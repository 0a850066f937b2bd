import { createClient } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import { allPolicies } from "../../policies.js";
import type { PeerMaker } from "../peer.js";
import { connectPeer } from "./connect.js";

export const makePeer: PeerMaker = (baseUrl, httpVersion, protocol) => {
  const transport = createAmeideTransport({
    baseUrl,
    allowInsecureLoopback: true,
    httpVersion,
    protocol,
    ...allPolicies(),
  });
  return connectPeer(
    createClient(MeterService, transport),
    createClient(InferenceService, transport),
  );
};
