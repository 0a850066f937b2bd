import { createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { Agent } from "node:https";
import { ConformanceService } from "@ameideio/conformance-proto/ameide/conformance/v1";
import type { Caller, Place } from "../caller.js";
import { TIMES } from "../settings.js";
import { connectCaller } from "./connect.js";

/** Connect's client as it comes, with a deadline; over HTTP/1.1 with connections that are kept. */
export function connectNodeCaller(place: Place): Caller {
  const { column, port, material } = place;
  const { ca, cert, key } = material();
  const tls = { ca, cert, key };
  const baseUrl = `https://127.0.0.1:${port}`;
  const defaultTimeoutMs = TIMES.deadlineMs;
  if (column.httpVersion === "1.1") {
    const agent = new Agent({ keepAlive: true, ...tls });
    const transport = createConnectTransport({
      baseUrl,
      httpVersion: "1.1",
      nodeOptions: { agent },
      defaultTimeoutMs,
    });
    return connectCaller(createClient(ConformanceService, transport), place, () => agent.destroy());
  }
  const sessionManager = new Http2SessionManager(baseUrl, {}, tls);
  const transport =
    column.protocol === "grpc"
      ? createGrpcTransport({ baseUrl, sessionManager, defaultTimeoutMs })
      : createConnectTransport({ baseUrl, httpVersion: "2", sessionManager, defaultTimeoutMs });
  const client = createClient(ConformanceService, transport);
  return connectCaller(client, place, () => sessionManager.abort());
}
