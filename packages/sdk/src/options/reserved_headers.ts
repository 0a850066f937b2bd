import type { HeaderNames } from "./options.js";

/** Names of headers that only the SDK may set, in lower case. */
export interface ReservedNames {
  /** Headers that the SDK sends with any credential, with the options made for them. */
  readonly own: ReadonlyMap<string, string>;
  /** Headers of static keys. */
  readonly keys: ReadonlySet<string>;
}

const RESERVED: ReadonlyMap<string, string> = new Map([
  ["accept-encoding", "compression"],
  ["authorization", "auth, or call({ auth: { token } })"],
  ["traceparent", "telemetry"],
  ["tracestate", "telemetry"],
  ["user-agent", "appName"],
]);

// RFC 9110, section 7.6.1; RFC 9113, sections 3.1 and 8.2.2. With these headers a caller would
// frame a message differently from the connection, or control the connection.
const OF_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Returns the names of the SDK's headers, in lower case. */
export function policyHeaderNames(
  names: HeaderNames | undefined,
): Readonly<Record<keyof HeaderNames, string>> {
  return {
    tenant: lowerOr(names?.tenant, "x-tenant-id"),
    requestId: lowerOr(names?.requestId, "x-request-id"),
    idempotencyKey: lowerOr(names?.idempotencyKey, "idempotency-key"),
  };
}

function lowerOr(name: unknown, fallback: string): string {
  return typeof name === "string" ? name.toLowerCase() : fallback;
}

/**
 * Returns the names of headers that users may not set, besides those reserved in every client.
 *
 * @param policyHeaders - Names of the SDK's headers, in lower case, by their options.
 */
export function reservedNames(
  layers: readonly object[],
  policyHeaders: Readonly<Record<keyof HeaderNames, string>>,
): ReservedNames {
  const stated = layers.flatMap((options) => {
    const { methods: perMethod } = options as { methods?: unknown };
    return typeof perMethod === "object" && perMethod !== null
      ? [options, ...Object.values(perMethod)]
      : [options];
  });
  const keys = stated.flatMap((entry) => {
    const name = (entry as { auth?: { header?: unknown } } | null)?.auth?.header;
    return typeof name === "string" ? [name.toLowerCase()] : [];
  });
  const own = Object.entries(policyHeaders).map(([option, name]) => [name, option] as const);
  return { own: new Map([...RESERVED, ...own]), keys: new Set(keys) };
}

/** States the rule for a header that the SDK sets, with the option made for it, if there is one. */
export function setBySdk(option?: string): string {
  return `is set by the SDK${option === undefined ? "" : `; use the option ${option}`}`;
}

/** Says why a user may not set a header of this name; undefined if it is allowed. */
export function reservedRule(name: string, reserved: ReservedNames): string | undefined {
  const lower = name.toLowerCase();
  if (isOfConnection(lower)) {
    return "is a header of the connection, which no caller sets";
  }
  if (reserved.keys.has(lower)) {
    return setBySdk("auth");
  }
  return isOwnHeader(lower, reserved) ? setBySdk(reserved.own.get(lower)) : undefined;
}

/**
 * Reports whether the SDK, the protocol or the connection sets a header of this name, given in
 * lower case.
 */
export function isOwnHeader(lower: string, reserved: ReservedNames): boolean {
  return reserved.own.has(lower) || hasMeaning(lower);
}

/** Reports whether a header of this name, given in lower case, has a meaning in every client. */
export function hasMeaning(lower: string): boolean {
  return RESERVED.has(lower) || isOfConnection(lower) || /^(connect|grpc|content)-/.test(lower);
}

/**
 * Returns the first connection header that interceptors added; undefined if there is none. gRPC
 * itself sends `te: trailers`.
 */
export function connectionHeader(headers: Headers): string | undefined {
  let found: string | undefined;
  headers.forEach((value, name) => {
    if ((isOfConnection(name) || name === "content-length") && !isTrailers(name, value)) {
      found ??= name;
    }
  });
  return found;
}

function isTrailers(name: string, value: string): boolean {
  return name === "te" && value === "trailers";
}

function isOfConnection(lower: string): boolean {
  return OF_CONNECTION.has(lower) || lower.startsWith("proxy-");
}
