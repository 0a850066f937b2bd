import * as http from "node:http";
import * as https from "node:https";
import {
  compressionBrotli,
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import type { ClientCompatRequest } from "@ameideio/conformance-proto/connectrpc/conformance/v1";
import { asked, type Opened, registry } from "./opened.js";

const CREATE = {
  connect: createConnectTransport,
  grpc: createGrpcTransport,
  "grpc-web": createGrpcWebTransport,
};

const COMPRESSION = { gzip: compressionGzip, br: compressionBrotli };

/** Opens the transport of connect-node, unchanged. */
export function openRaw(request: ClientCompatRequest): Opened {
  const { baseUrl, protocol, format, httpVersion, compression, readMaxBytes } = asked(request);
  const connections = httpVersion === "2" ? http2(baseUrl, request) : http1(baseUrl, request);
  const transport = CREATE[protocol]({
    baseUrl,
    ...connections.options,
    useBinaryFormat: format === "binary",
    ...(compression === "none"
      ? { acceptCompression: [] }
      : {
          acceptCompression: [COMPRESSION[compression]],
          sendCompression: COMPRESSION[compression],
        }),
    ...(readMaxBytes !== undefined && { readMaxBytes }),
    ...(request.useGetHttpMethod && { useHttpGet: true }),
    compressMinBytes: -1,
    jsonOptions: { registry },
  });
  return { transport, close: connections.close };
}

function http1(baseUrl: string, request: ClientCompatRequest) {
  const agent = baseUrl.startsWith("https:")
    ? new https.Agent({ keepAlive: true, ...tls(request) })
    : new http.Agent({ keepAlive: true });
  return {
    options: { httpVersion: "1.1" as const, nodeOptions: { agent } },
    close: () => agent.destroy(),
  };
}

function http2(baseUrl: string, request: ClientCompatRequest) {
  const sessionManager = new Http2SessionManager(baseUrl, undefined, tls(request));
  return {
    options: { httpVersion: "2" as const, sessionManager },
    close: () => sessionManager.abort(),
  };
}

function tls({ serverTlsCert, clientTlsCreds }: ClientCompatRequest) {
  return {
    ...(serverTlsCert.length > 0 && { ca: Buffer.from(serverTlsCert) }),
    ...(clientTlsCreds && {
      cert: Buffer.from(clientTlsCreds.cert),
      key: Buffer.from(clientTlsCreds.key),
    }),
  };
}
