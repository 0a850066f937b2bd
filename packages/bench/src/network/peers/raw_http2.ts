import { connect } from "node:http2";
import type { PeerMaker } from "../peer.js";
import { type Exchange, rawPeer } from "./raw.js";

export const makePeer: PeerMaker = (address, _, protocol) => {
  const session = connect(address);
  const exchange: Exchange = (path, headers, body, onChunk) =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ":method": "POST", ":path": path, ...headers });
      let status: number | undefined;
      let grpcStatus: unknown = "0";
      stream.on("response", (head) => (status = head[":status"]));
      if (protocol === "grpc") {
        stream.on("trailers", (trailers) => (grpcStatus = trailers["grpc-status"]));
      }
      stream
        .on("data", onChunk)
        .on("error", reject)
        .on("end", () => {
          if (status === 200 && grpcStatus === "0") {
            resolve();
          } else {
            reject(new Error(`HTTP status ${status}, gRPC status ${String(grpcStatus)}`));
          }
        })
        .end(body);
    });
  return rawPeer(exchange, protocol);
};
