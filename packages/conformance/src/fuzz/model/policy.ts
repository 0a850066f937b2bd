import type { Call, Given } from "@ameideio/conformance-proto";
import {
  BUILT_IN,
  builtIn,
  isAllowed,
  type NumberName,
  NUMBERS,
  type NumberValue,
} from "./built_in.js";
import { documentBudget, documentLevel } from "./document.js";
import {
  type Credential,
  type DocumentFacts,
  type Facts,
  type Kind,
  type Level,
  type Levels,
  methodFacts,
} from "./levels.js";
import type { Notes } from "./notes.js";

/** Policy of one call, after §16.1 is applied. */
export interface Policy {
  readonly kind: Kind;
  /** Infinity for none, as for the three below. */
  readonly timeoutMs: number;
  /** Unary calls only. */
  readonly attemptTimeoutMs: number;
  /** Server streams only. */
  readonly firstMessageTimeoutMs: number;
  /** Streams of answers only. */
  readonly idleTimeoutMs: number;
  readonly retryOff: boolean;
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly throttleDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxServerDelayMs: number;
  readonly retryableCodes: readonly string[];
  /** §3.2: true to retry every class, not only failures that were surely not processed. */
  readonly repeatable: boolean;
  /** §3.2: true to try a call that is not repeatable again only if nothing was sent. */
  readonly requireIdempotency: boolean;
  /** True to let a call go on until its deadline while nothing was sent. */
  readonly waitForReady: boolean;
  /** Value of the key, or `auto` for a generated one. */
  readonly key: string | undefined;
  readonly filledField: boolean;
  readonly tenant: string | undefined;
  readonly scopes: string;
  readonly credential: Credential;
  readonly headers: ReadonlyMap<string, string>;
  readonly requestId: string | undefined;
  readonly get: boolean;
}

/** §17.1: the configuration is refused before any I/O. */
export const CONFIG_INVALID = "CONFIG_INVALID";

/** Protocol of a call. */
export type Protocol = "connect" | "grpc" | "grpc-web";

/** Returns the policy of a call, most specific level first. */
export function policyOf(
  { given, protocol }: { readonly given: Given; readonly protocol: Protocol },
  call: Call,
  levels: Levels,
  notes: Notes,
): Policy | typeof CONFIG_INVALID {
  const facts = methodFacts(call.method);
  const document = documentLevel(given, call.method);
  const environment = environmentLevel(given);
  const all: Level[] = [...levels.code, environment, ...document.levels];
  const pick = <T>(read: (level: Level) => T | undefined): T | undefined => {
    for (const level of all) {
      const value = read(level);
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  };
  if ([environment, ...document.levels].some(isRefused)) {
    notes.invalid("an environment or a document no client can be made with");
  }
  const own = levels.call;
  if (own !== undefined && isRefused(own)) {
    return CONFIG_INVALID;
  }
  const { runtimeTimeoutMs = 1 } = call;
  if (runtimeTimeoutMs <= 0) {
    return CONFIG_INVALID;
  }
  // Read for each call; infinite means none, 0 and less mean over.
  const ambientMs = own?.ambientMs ?? 0;
  if (Number.isNaN(ambientMs) || ambientMs === -Infinity) {
    return CONFIG_INVALID;
  }

  const mesh = (given.client?.preset || document.preset) === "mesh";
  const killed = given.env.AMEIDE_SDK_RETRIES === "off";
  const repeatableMethod = document.facts.repeatable ?? facts.repeatable;
  const keyed = document.facts.key ?? facts.key;
  const mode = pick((level) => level.idempotencyKey) ?? "auto";
  const key =
    mode !== "auto" && mode !== "off" ? mode : keyed && mode === "auto" ? "auto" : undefined;

  // §8.2: it has to be a field of the request.
  const field = document.facts.field ?? facts.field;
  if (field !== "" && !facts.hasField) {
    return CONFIG_INVALID;
  }

  const tenantMode = document.facts.tenant ?? facts.tenant;
  const tenant = tenantOf(
    levels,
    pick((level) => level.tenant),
    tenantMode,
  );
  if (tenant === CONFIG_INVALID) {
    return CONFIG_INVALID;
  }

  const withoutAuth = (document.facts.auth ?? facts.auth) === "none";
  const number = (name: NumberName): number => pick((level) => level[name]) ?? BUILT_IN[name];
  const attempts = mesh ? builtIn("presets.mesh.max_attempts") : BUILT_IN.maxAttempts;
  return {
    kind: facts.kind,
    timeoutMs: deadlineOf(
      call,
      levels,
      pick((level) => level.timeoutMs) ?? facts.timeoutMs ?? defaultFor("timeoutMs", facts),
    ),
    ...limitsOf(facts, pick),
    retryOff: killed || (pick((level) => level.retryOff) ?? false),
    maxAttempts: pick((level) => level.maxAttempts) ?? attempts,
    baseDelayMs: number("baseDelayMs"),
    throttleDelayMs: number("throttleDelayMs"),
    maxDelayMs: number("maxDelayMs"),
    maxServerDelayMs: number("maxServerDelayMs"),
    retryableCodes: pick((level) => level.retryableCodes) ?? [],
    repeatable: repeatableMethod || key !== undefined || field !== "",
    requireIdempotency: pick((level) => level.requireIdempotency) ?? false,
    waitForReady: pick((level) => level.waitForReady) ?? facts.waitForReady,
    key,
    filledField: field !== "" && call.requestIdField === "",
    tenant,
    scopes: facts.scopes,
    credential: withoutAuth
      ? { kind: "none" }
      : (pick((level) => level.credential) ?? { kind: "none" }),
    headers: headersOf(levels.code),
    requestId: own?.requestId,
    // A document can revoke that a method is safe, but not state it: servers ask their protos.
    get:
      (given.client?.httpGet ?? false) &&
      facts.safe &&
      (document.facts.safe ?? true) &&
      facts.kind === "unary" &&
      protocol === "connect",
  };
}

// §5.3. A stream's being meant to stay open is a default like others: a stated value overrides it.
function limitsOf(
  { kind, longLived }: Facts,
  pick: <T>(read: (level: Level) => T | undefined) => T | undefined,
): Pick<Policy, "attemptTimeoutMs" | "firstMessageTimeoutMs" | "idleTimeoutMs"> {
  const limit = (name: NumberName): number => {
    if (!appliesTo(valueOf(name).kinds, kind)) {
      return Infinity;
    }
    return Math.floor(pick((level) => level[name]) ?? (longLived ? Infinity : BUILT_IN[name]));
  };
  return {
    attemptTimeoutMs: limit("attemptTimeoutMs"),
    firstMessageTimeoutMs: limit("firstMessageTimeoutMs"),
    idleTimeoutMs: limit("idleTimeoutMs"),
  };
}

// §5.3. A stream may be open for longer than any call should take.
function defaultFor(name: NumberName, { kind }: Facts): number {
  return appliesTo(valueOf(name).default_for, kind) ? BUILT_IN[name] : Infinity;
}

function valueOf(name: NumberName): NumberValue {
  const value = NUMBERS.find((each) => each.name === name);
  if (value === undefined) {
    throw new Error(`policy.json has no ${name}`);
  }
  return value;
}

const KINDS: Readonly<Record<Kind, string>> = {
  unary: "unary",
  server: "server_streaming",
  client: "client_streaming",
  bidi: "bidi_streaming",
};

function appliesTo(kinds: readonly string[] | undefined, kind: Kind): boolean {
  return kinds?.includes(KINDS[kind]) ?? true;
}

/** §3.8: returns capacity and costs of the budget. */
export function budgetOf(given: Given): { capacity: number; cost: number; throttleCost: number } {
  const code = given.client?.budget;
  const document = documentBudget(given);
  return {
    capacity: code?.capacity ?? document.capacity ?? builtIn("budget.capacity"),
    cost: code?.cost ?? document.cost ?? builtIn("budget.cost"),
    throttleCost: code?.throttleCost ?? document.throttleCost ?? builtIn("budget.throttle_cost"),
  };
}

// §16.1: the environment, below code and above the document. §9.8: its token and tenant are for its
// own base address, which applies if code names none, or for one that code names and asks for them.
function environmentLevel({ env, client }: Given): Level {
  const { AMEIDE_BASE_URL, AMEIDE_TENANT, AMEIDE_TOKEN, AMEIDE_TIMEOUT_MS, AMEIDE_MAX_ATTEMPTS } =
    env;
  const ownAddress = AMEIDE_BASE_URL !== undefined && (client?.baseUrl ?? "") === "";
  const sends = ownAddress || (client?.environmentCredentials ?? false);
  const token = sends ? AMEIDE_TOKEN : undefined;
  return {
    tenant: sends ? AMEIDE_TENANT : undefined,
    credential: token === undefined ? undefined : { kind: "bearer", token },
    timeoutMs: AMEIDE_TIMEOUT_MS === undefined ? undefined : Number(AMEIDE_TIMEOUT_MS),
    maxAttempts: AMEIDE_MAX_ATTEMPTS === undefined ? undefined : Number(AMEIDE_MAX_ATTEMPTS),
  };
}

// §4.1, §4.2. The runtime's own parameter belongs to the call: of it and what code states the
// smaller applies, instead of anything less specific.
function deadlineOf({ runtimeTimeoutMs }: Call, { code, call }: Levels, stated: number): number {
  const inCode = code.some(({ timeoutMs }) => timeoutMs !== undefined);
  const ours = inCode || runtimeTimeoutMs === undefined ? stated : Infinity;
  const ambient = (call?.ambientMs ?? Infinity) - builtIn("ambient_margin_ms");
  return Math.floor(Math.min(ours, runtimeTimeoutMs ?? Infinity, ambient));
}

// §11. A level that states null ends the search: there is no tenant.
function tenantOf(
  levels: Levels,
  found: string | null | undefined,
  mode: DocumentFacts["tenant"],
): string | undefined {
  if (mode === "forbidden") {
    return typeof levels.call?.tenant === "string" ? CONFIG_INVALID : undefined;
  }
  const tenant = found ?? undefined;
  return mode === "required" && tenant === undefined ? CONFIG_INVALID : tenant;
}

function headersOf(levels: readonly Level[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const level of levels.toReversed()) {
    for (const [name, value] of Object.entries(level.headers ?? {})) {
      headers.set(name.toLowerCase(), value);
    }
  }
  return headers;
}

const RESERVED =
  /^(accept-encoding|authorization|connection|expect|host|http2-settings|keep-alive|te|trailer|transfer-encoding|upgrade|traceparent|tracestate|user-agent|x-tenant-id|x-request-id|idempotency-key|(connect|grpc|content|proxy)-.*)$/i;

/** Reports whether §3.3, §3.7, §4.1, §8.1, §11 or §12 refuses a level. */
export function isRefused(level: Level): boolean {
  const { tenant, idempotencyKey, requestId } = level;
  return (
    NUMBERS.some((value) => {
      const number = level[value.name];
      return number !== undefined && !isAllowed(value, number);
    }) ||
    (typeof tenant === "string" && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(tenant)) ||
    (idempotencyKey !== undefined && !/^[ -~]{1,255}$/.test(idempotencyKey)) ||
    (requestId !== undefined && !/^[!-~]{1,128}$/.test(requestId)) ||
    Object.keys(level.headers ?? {}).some((name) => RESERVED.test(name))
  );
}
