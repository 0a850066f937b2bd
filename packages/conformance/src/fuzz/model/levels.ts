import type { ProviderAnswer, Settings } from "@ameideio/conformance-proto";
import { type NumberName, numbersIn } from "./built_in.js";

/** §9: authentication of a call. */
export type Credential =
  | { readonly kind: "none" }
  | { readonly kind: "header"; readonly name: string; readonly value: string }
  | { readonly kind: "bearer"; readonly token: string }
  | { readonly kind: "provider"; readonly answers: readonly ProviderAnswer[] };

/** One level of §16.1; members that it leaves open are undefined. */
export interface Level extends Readonly<Partial<Record<NumberName, number | undefined>>> {
  /** Infinity for no deadline. */
  readonly timeoutMs?: number | undefined;
  readonly retryOff?: boolean | undefined;
  readonly retryableCodes?: readonly string[] | undefined;
  readonly requireIdempotency?: boolean | undefined;
  readonly waitForReady?: boolean | undefined;
  /** Null for no tenant, stated explicitly. */
  readonly tenant?: string | null | undefined;
  readonly credential?: Credential | undefined;
  readonly headers?: { readonly [name: string]: string } | undefined;
  readonly requestId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** NaN for anything but a number of milliseconds. */
  readonly ambientMs?: number | undefined;
}

/** Levels that code states, and the role of each. */
export interface Levels {
  /** All levels, most specific first. */
  readonly code: readonly Level[];
  readonly call: Level | undefined;
}

export function levelOf(settings: Settings): Level {
  const { retry, auth } = settings;
  return {
    ...numbersIn(settings, "settings"),
    ...(settings.noDeadline && { timeoutMs: Infinity }),
    // A level with retry settings of its own turns retries on.
    retryOff: settings.retryOff ? true : retry === undefined ? undefined : false,
    ...numbersIn(retry, "retry"),
    retryableCodes:
      retry === undefined || retry.retryableCodes.length === 0 ? undefined : retry.retryableCodes,
    requireIdempotency: retry?.requireIdempotency,
    waitForReady: settings.waitForReady,
    tenant: settings.tenantNull ? null : settings.tenant,
    credential: settings.authNull
      ? { kind: "none" }
      : auth === undefined
        ? undefined
        : auth.provider.length > 0
          ? { kind: "provider", answers: auth.provider }
          : auth.header === ""
            ? { kind: "bearer", token: auth.token }
            : { kind: "header", name: auth.header, value: auth.value },
    headers: settings.headers,
    requestId: settings.requestId,
    idempotencyKey: settings.idempotencyKey,
    ambientMs:
      settings.ambientDeadlineThrows || settings.ambientDeadlineText !== ""
        ? Number.NaN
        : settings.ambientDeadlineMs,
  };
}

/** Facts of a method that a document may state for its proto. */
export interface DocumentFacts {
  readonly safe?: boolean | undefined;
  readonly repeatable?: boolean | undefined;
  readonly key?: boolean | undefined;
  /** Request field for the request id; empty for none. */
  readonly field?: string | undefined;
  readonly tenant?: "required" | "optional" | "forbidden" | undefined;
  readonly auth?: "bearer" | "none" | undefined;
}

/** Kind of a method, by the sides that stream. */
export type Kind = "unary" | "server" | "client" | "bidi";

/** Facts that the proto of the test service states about a method. */
export interface Facts extends DocumentFacts {
  readonly kind: Kind;
  /** §5.3: true for a stream that is meant to stay open. */
  readonly longLived: boolean;
  readonly safe: boolean;
  readonly repeatable: boolean;
  readonly key: boolean;
  /** Request field for the request id; empty for none. */
  readonly field: string;
  /** True if the request has a field of that name. */
  readonly hasField: boolean;
  readonly tenant: "required" | "optional" | "forbidden";
  readonly auth: "bearer" | "none";
  readonly timeoutMs: number | undefined;
  readonly waitForReady: boolean;
  readonly scopes: string;
}

const PLAIN: Facts = {
  kind: "unary",
  longLived: false,
  safe: false,
  repeatable: true,
  key: false,
  field: "",
  hasField: false,
  tenant: "optional",
  auth: "bearer",
  timeoutMs: undefined,
  waitForReady: false,
  scopes: "",
};

const FACTS: Readonly<Record<string, Facts>> = {
  NoSideEffects: { ...PLAIN, safe: true, scopes: "conformance.read" },
  Idempotent: PLAIN,
  Unknown: { ...PLAIN, repeatable: false },
  UnknownWithKey: { ...PLAIN, repeatable: false, key: true },
  UnknownWithRequestId: { ...PLAIN, repeatable: false, field: "request_id", hasField: true },
  UnknownWithUuid: { ...PLAIN, repeatable: false, hasField: true },
  TenantRequired: { ...PLAIN, tenant: "required" },
  TenantForbidden: { ...PLAIN, tenant: "forbidden" },
  WithoutAuth: { ...PLAIN, auth: "none" },
  WithTimeout: { ...PLAIN, timeoutMs: 45_000 },
  WaitsForReady: { ...PLAIN, waitForReady: true },
  ServerStreamNoSideEffects: { ...PLAIN, kind: "server", safe: true },
  ServerStreamIdempotent: { ...PLAIN, kind: "server" },
  ServerStreamUnknown: { ...PLAIN, kind: "server", repeatable: false },
  ServerStreamLongLived: { ...PLAIN, kind: "server", safe: true, longLived: true },
  ClientStreamIdempotent: { ...PLAIN, kind: "client" },
  ClientStreamUnknown: { ...PLAIN, kind: "client", repeatable: false },
  BidiStreamIdempotent: { ...PLAIN, kind: "bidi" },
  BidiStreamUnknown: { ...PLAIN, kind: "bidi", repeatable: false },
};

/** Methods that the model knows. */
export const METHODS: readonly string[] = Object.keys(FACTS);

/** Returns the methods of a kind that the model knows. */
export function methodsOf(kind: Kind): readonly string[] {
  return METHODS.filter((method) => FACTS[method]?.kind === kind);
}

/** @throws Error for a method the model does not know. */
export function methodFacts(method: string): Facts {
  const facts = FACTS[method];
  if (facts === undefined) {
    throw new Error(`the model knows no method ${method}`);
  }
  return facts;
}
