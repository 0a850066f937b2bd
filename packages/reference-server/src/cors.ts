import type { IncomingHttpHeaders } from "node:http";
import { cors } from "@connectrpc/connect";
import { KEY_HEADER } from "./idempotency.js";
import { REQUEST_ID_HEADER } from "./report.js";
import { TENANT_HEADER } from "./tenant.js";

// Longest time that Chromium keeps a preflight's answer.
const MAX_AGE_S = 7200;

const ALLOWED_HEADERS = [
  ...cors.allowedHeaders,
  "authorization",
  "baggage",
  "grpc-previous-rpc-attempts",
  KEY_HEADER,
  REQUEST_ID_HEADER,
  TENANT_HEADER,
  "traceparent",
  "tracestate",
];

const OWN_EXPOSED = [
  "grpc-retry-pushback-ms",
  "idempotency-replayed",
  "retry-after",
  "retry-after-ms",
  "www-authenticate",
  REQUEST_ID_HEADER,
  TENANT_HEADER,
];

// Trailers of other protocols are headers of these names in a unary answer of Connect.
const EXPOSED_HEADERS = [
  ...cors.exposedHeaders,
  ...OWN_EXPOSED,
  ...OWN_EXPOSED.map((name) => `trailer-${name}`),
];

/** Headers that CORS adds to an answer. */
export interface CorsAnswer {
  headers: Record<string, string>;
  /** True if the request is a preflight, which these headers answer. */
  preflight: boolean;
}

/**
 * Decides by the CORS protocol (https://fetch.spec.whatwg.org/#http-cors-protocol)
 * what scripts of another origin may send and read. An origin that is not
 * allowed gets no headers, and its browser keeps the answer from the script.
 * Cookies are never allowed: credentials are headers here.
 *
 * @param allowedOrigins - Origins as browsers write them
 *   (`https://app.example.com`), or `*` for every origin.
 */
export function answerCors(
  request: { method?: string | undefined; headers: IncomingHttpHeaders },
  allowedOrigins: readonly string[],
): CorsAnswer {
  const { origin } = request.headers;
  const preflight =
    request.method === "OPTIONS" &&
    origin !== undefined &&
    request.headers["access-control-request-method"] !== undefined;
  if (allowedOrigins.length === 0) {
    return { headers: {}, preflight: false };
  }
  const headers: Record<string, string> = { vary: "origin" };
  const every = allowedOrigins.includes("*");
  if (origin === undefined || !(every || allowedOrigins.includes(origin))) {
    return { headers, preflight };
  }
  headers["access-control-allow-origin"] = origin;
  if (preflight) {
    headers["access-control-allow-methods"] = cors.allowedMethods.join(", ");
    headers["access-control-allow-headers"] = ALLOWED_HEADERS.join(", ");
    headers["access-control-max-age"] = String(MAX_AGE_S);
  } else {
    headers["access-control-expose-headers"] = EXPOSED_HEADERS.join(", ");
  }
  return { headers, preflight };
}
