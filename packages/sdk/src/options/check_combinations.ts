import { configError } from "../errors/errors.js";
import type { OptionLayers } from "./option_layers.js";
import type { AmeideOptions } from "./options.js";

/**
 * Refuses options that are valid alone, but not together.
 *
 * @param options - Options of all layers.
 * @param url - Base address.
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

/** Options of connections, which belong to the runtime under `fetch`. */
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

/** Options of connections and of messages, which belong to a transport. */
const OF_TRANSPORT = [
  ...OF_CONNECTIONS,
  "format",
  "httpGet",
  "readMaxBytes",
  "registry",
  "wire",
] as const;

/**
 * Refuses options of connections where those belong to the runtime.
 *
 * @throws AmeideError CONFIG_INVALID naming the first.
 */
export function rejectPlatformOptions(options: AmeideOptions): void {
  const named = OF_CONNECTIONS.find((name) => options[name] !== undefined);
  if (named !== undefined) {
    throw configError(named, "is not supported here: fetch has no such setting");
  }
}

// A parent's options for the SDK's connections do not concern a supplied transport.
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

/** HTTP version of connections; a server over https picks it if nothing else does. */
export type HttpVersion = "1.1" | "2" | "negotiated";

/** Returns the HTTP version of the SDK's connections. */
export function httpVersionOf(
  { httpVersion, protocol }: AmeideOptions,
  origin: string,
): HttpVersion {
  if (httpVersion !== undefined || protocol === "grpc") {
    return httpVersion ?? "2";
  }
  return origin.startsWith("https:") ? "negotiated" : "1.1";
}
