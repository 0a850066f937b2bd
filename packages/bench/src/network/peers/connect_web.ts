import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";
import type { PeerMaker } from "../peer.js";
import { connectPeer } from "./connect.js";

// Over the fetch of Node.js, which is undici's.
export const makePeer: PeerMaker = (baseUrl) => {
  const transport = createConnectTransport({ baseUrl, useBinaryFormat: true });
  return connectPeer(
    createClient(MeterService, transport),
    createClient(InferenceService, transport),
  );
};
