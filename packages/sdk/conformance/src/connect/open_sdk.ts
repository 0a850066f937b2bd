import type { AmeideOptions } from "@ameideio/ameide-sdk-ts";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/node";
import type { ClientCompatRequest } from "@ameideio/conformance-proto/connectrpc/conformance/v1";
import { asked, type Opened, registry } from "./opened.js";

/**
 * Opens the SDK's transport with every policy neutral: one attempt, and no deadline but the case's.
 */
export function openSdk(request: ClientCompatRequest): Opened {
  const { compression, readMaxBytes, ...same } = asked(request);
  const { serverTlsCert, clientTlsCreds, useGetHttpMethod } = request;
  const options: AmeideOptions = {
    ...same,
    allowInsecureLoopback: true,
    retry: false,
    noDeadline: true,
    tenant: null,
    auth: null,
    telemetry: false,
    httpGet: useGetHttpMethod,
    compression: { send: compression, accept: compression, minBytes: 0 },
    registry,
    ...(readMaxBytes !== undefined && { readMaxBytes }),
    ...(serverTlsCert.length > 0 && {
      tls: {
        ca: serverTlsCert,
        ...(clientTlsCreds && { certificate: clientTlsCreds.cert, key: clientTlsCreds.key }),
      },
    }),
  };
  const transport = createAmeideTransport(options);
  return { transport, close: () => transport.close() };
}
