import { Agent, request } from "node:http";
import type { PeerMaker } from "../peer.js";
import { type Exchange, rawPeer } from "./raw.js";

export const makePeer: PeerMaker = (address, _, protocol) => {
  const { hostname, port } = new URL(address);
  const agent = new Agent({ keepAlive: true });
  const exchange: Exchange = (path, headers, body, onChunk) =>
    new Promise((resolve, reject) => {
      const options = { hostname, port, path, method: "POST", agent };
      const sized = { ...headers, "content-length": body.length };
      request({ ...options, headers: sized }, (response) => {
        if (response.statusCode === 200) {
          response.on("data", onChunk).on("end", resolve).on("error", reject);
        } else {
          reject(new Error(`HTTP status ${response.statusCode}`));
        }
      })
        .on("error", reject)
        .end(body);
    });
  return rawPeer(exchange, protocol);
};
