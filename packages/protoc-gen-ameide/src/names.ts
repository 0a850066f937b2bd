import { type RosterEntry, SETTLE } from "./roster.js";

/** Returns the name of a service in Go: `orderReports` is `OrderReports`. */
export function goServiceName({ name }: Pick<RosterEntry, "name">): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/**
 * Returns the name of a service in Python: `orderReports` is `order_reports`.
 *
 * @throws Error for a reserved word.
 */
export function pythonServiceName({ name, service }: RosterEntry): string {
  const attribute = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (KEYWORDS.has(attribute)) {
    throw new Error(
      `roster: ${service.typeName} would be named ${attribute}, which Python reserves; ${SETTLE}`,
    );
  }
  return attribute;
}

/** Returns the name that protoc-gen-connect-go gives a method: `get_thread` is `GetThread`. */
export function goMethodName(method: string): string {
  return method.replace(/(?:^_?|_)([a-z])|\d[a-z]/g, (match, first?: string) =>
    first === undefined ? match.toUpperCase() : first.toUpperCase(),
  );
}

/**
 * Returns the name that protoc-gen-connectrpc gives a method: `GetHTTPThing` is `get_http_thing`. What
 * Python reserves, and members that execute calls, get an underscore at the end.
 */
export function pythonMethodName(method: string): string {
  const name = method
    .replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])/g, "_")
    .toLowerCase();
  return KEYWORDS.has(name) || EXECUTE.has(name) ? `${name}_` : name;
}

/** Reserved words of Python that begin with a small letter. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    "and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

const EXECUTE: ReadonlySet<string> = new Set([
  "execute_unary",
  "execute_client_stream",
  "execute_server_stream",
  "execute_bidi_stream",
]);
