import { createClient } from "@connectrpc/connect";
import { createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Agent } from "node:http";
import { ConformanceService } from "@ameideio/conformance-proto/ameide/conformance/v1";
import { baseUrlOf, type Caller, type Place } from "../caller.js";
import { TIMES } from "../settings.js";
import { connectCaller } from "./connect.js";

/** Connect's client as it comes, with a deadline; over HTTP/1.1 with connections that are kept. */
export function connectNodeCaller(place: Place): Caller {
  const { column, material } = place;
  const baseUrl = baseUrlOf(place);
  const defaultTimeoutMs = TIMES.deadlineMs;
  if (column.httpVersion === "1.1") {
    const agent = new Agent({ keepAlive: true });
    const transport = createConnectTransport({
      baseUrl,
      httpVersion: "1.1",
      nodeOptions: { agent },
      defaultTimeoutMs,
    });
    return connectCaller(createClient(ConformanceService, transport), place, () => agent.destroy());
  }
  const { ca, cert, key } = material();
  const sessionManager = new Http2SessionManager(baseUrl, {}, { ca, cert, key });
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "2",
    sessionManager,
    defaultTimeoutMs,
  });
  const client = createClient(ConformanceService, transport);
  return connectCaller(client, place, () => sessionManager.abort());
}
