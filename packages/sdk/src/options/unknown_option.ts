import { notAnOption } from "../errors/did_you_mean.js";
import { namesOf } from "../policy/policy_table.js";

// Correct place of members that are often stated a level too high.
const WITHIN: Readonly<Record<string, string>> = {
  token: "auth",
  provider: "auth",
  ...Object.fromEntries(namesOf("retry").map((name) => [name, "retry"])),
  capacity: "budget",
  throttleCost: "budget",
  ca: "tls",
  certificate: "tls",
  key: "tls",
};

// Options of Connect's transports, with the SDK's own names for them; empty where there is none.
const OF_CONNECT: Readonly<Record<string, string>> = {
  useHttpGet: "httpGet",
  useBinaryFormat: "format",
  sendCompression: "compression.send",
  acceptCompression: "compression.accept",
  compressMinBytes: "compression.minBytes",
  defaultTimeoutMs: "timeoutMs",
  jsonOptions: "registry",
  pingIntervalMs: "keepAlive.intervalMs",
  pingTimeoutMs: "keepAlive.timeoutMs",
  pingIdleConnection: "keepAlive.whileIdle",
  sessionManager: "keepAlive",
  nodeOptions: "tls or proxy",
  httpClient: "transport",
  credentials: "fetchInit.credentials",
  binaryOptions: "",
  idleConnectionTimeoutMs: "",
  writeMaxBytes: "",
};

/**
 * Returns the rule that an unknown name breaks, with the name that was meant, or with the place it
 * belongs to.
 *
 * @param listedIn - Name of the type that lists the known names, if they are many.
 */
export function unknownOption(name: string, known: readonly string[], listedIn?: string): string {
  const ours = Object.hasOwn(OF_CONNECT, name) ? OF_CONNECT[name] : undefined;
  if (ours === undefined || listedIn !== "AmeideOptions") {
    return notAnOption(name, known, listedIn, WITHIN);
  }
  return ours === "" ? "is Connect's; there is none here" : `is Connect's name; here it is ${ours}`;
}
