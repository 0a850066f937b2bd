import type { HeaderNames } from "./options.js";

/** Names of headers that only the SDK may set, in lower case. */
export interface ReservedNames {
  /** Headers that the SDK sends with any credential. */
  readonly own: ReadonlySet<string>;
  /** Headers of static keys. */
  readonly keys: ReadonlySet<string>;
}

const RESERVED: ReadonlySet<string> = new Set([
  "accept-encoding",
  "authorization",
  "traceparent",
  "tracestate",
  "user-agent",
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
export function policyHeaderNames(names: HeaderNames | undefined): Required<HeaderNames> {
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
 * @param policyHeaders - Names of the SDK's headers, in lower case.
 */
export function reservedNames(
  layers: readonly object[],
  policyHeaders: readonly string[],
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
  return { own: new Set([...RESERVED, ...policyHeaders]), keys: new Set(keys) };
}

/** States the rule for a header that an option of the SDK sets. */
export const SET_BY_SDK = "is set by the SDK; use the option made for it";

/** Says why a user may not set a header of this name; undefined if it is allowed. */
export function reservedRule(name: string, reserved: ReservedNames): string | undefined {
  const lower = name.toLowerCase();
  if (isOfConnection(lower)) {
    return "is a header of the connection, which no caller sets";
  }
  return reserved.keys.has(lower) || isOwnHeader(lower, reserved) ? SET_BY_SDK : undefined;
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
