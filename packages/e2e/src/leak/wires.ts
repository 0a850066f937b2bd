import type { Protocol } from "./methods.js";

/** A way from a client to a server of its own. */
export interface Wire {
  readonly name: string;
  readonly protocol: Protocol;
  readonly httpVersion: "1.1" | "2";
  /**
   * Faults of the server: `requests` breaks single requests, `connections` breaks connections
   * before it knows the request.
   */
  readonly breaks: "requests" | "connections";
  /** TLS, and whether the client trusts the server. Default: no TLS. */
  readonly tls?: "trusted" | "untrusted";
  /** Compresses both ways. Default: nothing is compressed. */
  readonly gzip?: boolean;
  /** Asks by GET where a method allows it. Default: never. */
  readonly httpGet?: boolean;
}

/** Every way that is taken. The first ones are taken most often. */
export const WIRES: readonly Wire[] = [
  wire("connect", "1.1", "requests", { httpGet: true }),
  wire("connect", "2", "requests"),
  wire("grpc", "2", "requests"),
  wire("grpc-web", "1.1", "requests", { gzip: true }),
  wire("grpc-web", "2", "requests"),
  wire("connect", "1.1", "requests", { tls: "trusted" }),
  wire("grpc", "2", "requests", { tls: "trusted" }),
  wire("connect", "1.1", "connections"),
  wire("grpc", "2", "connections"),
  wire("grpc-web", "1.1", "connections", { tls: "trusted" }),
  wire("connect", "2", "requests", { tls: "untrusted" }),
];

function wire(
  protocol: Protocol,
  httpVersion: "1.1" | "2",
  breaks: Wire["breaks"],
  more: Pick<Wire, "tls" | "gzip" | "httpGet"> = {},
): Wire {
  const name = [
    `${protocol} HTTP/${httpVersion}`,
    ...(breaks === "connections" ? ["broken connections"] : []),
    ...(more.tls ? [`${more.tls} TLS`] : []),
    ...(more.gzip ? ["gzip"] : []),
    ...(more.httpGet ? ["GET"] : []),
  ];
  return { name: name.join(", "), protocol, httpVersion, breaks, ...more };
}
