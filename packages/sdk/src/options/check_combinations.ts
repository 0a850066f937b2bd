import { configError } from "../errors/errors.js";
import type { OptionLayers } from "./option_layers.js";
import type { AmeideOptions } from "./options.js";

/**
 * Refuses options that hold each for itself, and cannot hold together.
 *
 * @param options - Those of all layers.
 * @param url - The base address.
 * @throws AmeideError CONFIG_INVALID naming the option and what to do.
 */
export function checkCombinations(options: AmeideOptions, url: URL, layers: OptionLayers): void {
  const { protocol = "connect", httpGet, httpVersion, tls = {}, transport } = options;
  const statesTls =
    typeof tls === "function" || Object.values(tls).some((each) => each !== undefined);
  if (protocol === "grpc" && httpVersion === "1.1") {
    throw configError(
      "httpVersion",
      "must be 2 for gRPC, whose answers end in trailers; leave it out, or speak grpc-web",
    );
  }
  if (protocol !== "connect" && httpGet === true) {
    throw configError("httpGet", `is for protocol connect: ${protocol} has no GET; leave it out`);
  }
  if (url.protocol === "http:" && statesTls) {
    throw configError("tls", "is for https, and the base address is http; leave one of them out");
  }
  if (transport !== undefined && typeof transport !== "function") {
    rejectTransportOptions(options, layers);
  }
}

/** Options of connections, which are the runtime's under `fetch`. */
const OF_CONNECTIONS = [
  "tls",
  "httpVersion",
  "connectTimeoutMs",
  "proxy",
  "compression",
  "maxConnections",
  "keepAlive",
  "maxConnectionAgeMs",
] as const;

/** Those, and options of messages, are a transport's. */
const OF_TRANSPORT = [...OF_CONNECTIONS, "format", "httpGet", "readMaxBytes", "registry"] as const;

/**
 * Refuses options of connections that are the runtime's own.
 *
 * @throws AmeideError CONFIG_INVALID naming the first.
 */
export function rejectPlatformOptions(options: AmeideOptions): void {
  const named = OF_CONNECTIONS.find((name) => options[name] !== undefined);
  if (named !== undefined) {
    throw configError(named, "is not supported here: fetch has no such setting");
  }
}

// What a parent said for connections of ours is not said of the transport.
function rejectTransportOptions({ interceptors }: AmeideOptions, layers: OptionLayers): void {
  const rule = "must be given to the transport you supply";
  if ((interceptors?.length ?? 0) > 0) {
    throw configError("interceptors", rule);
  }
  const supplying = layers.findIndex((each) => each.transport !== undefined);
  const beside = layers.slice(0, supplying + 1);
  for (const name of OF_TRANSPORT) {
    if (beside.some((each) => each[name] !== undefined)) {
      throw configError(name, rule);
    }
  }
}

/** HTTP version of connections; a server over https picks it where nothing else does. */
export type HttpVersion = "1.1" | "2" | "negotiated";

/** HTTP version of the connections we make. */
export function httpVersionOf(
  { httpVersion, protocol }: AmeideOptions,
  origin: string,
): HttpVersion {
  if (httpVersion !== undefined || protocol === "grpc") {
    return httpVersion ?? "2";
  }
  return origin.startsWith("https:") ? "negotiated" : "1.1";
}
