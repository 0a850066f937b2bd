import { fromBinary } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  type Answer,
  Break,
  Cut,
  type Detail,
  type ErrorAnswer,
  type Header,
  type HttpAnswer,
  Malformed,
  Packing,
} from "@ameideio/conformance-proto";
import { RetryInfoSchema } from "@ameideio/conformance-proto/google/rpc";
import { builtIn } from "./built_in.js";
import type { Notes } from "./notes.js";
import type { Protocol } from "./policy.js";

/** §1.1: a failure after normalizing. */
export interface Failure {
  readonly code: string;
  /** Undefined if the specification does not say. */
  readonly origin: "server" | "transport" | "client" | undefined;
  readonly sent: "no" | "maybe" | "yes";
  /** True if the response was a valid error of the protocol. */
  readonly wireError: boolean;
  /** True if it has a compression that was not asked for; it may be an error of the protocol. */
  readonly unread: boolean;
  readonly httpStatus: number | undefined;
  readonly reason: string | undefined;
  readonly domain: string | undefined;
  readonly serverRequestId: string | undefined;
  readonly cutByAttemptTimeout: boolean;
  readonly retryInfoMs: number | undefined;
  readonly headers: readonly Header[];
  readonly trailers: readonly Header[];
}

export type Reaction =
  /** Part of the answer that arrives before it stops, if any. */
  | { readonly kind: "silence"; readonly heard: Partial<Failure> }
  | { readonly kind: "ok"; readonly text: string; readonly headers: readonly Header[] }
  | { readonly kind: "failure"; readonly failure: Failure };

const NOTHING: Failure = {
  code: "unknown",
  origin: "transport",
  sent: "maybe",
  wireError: false,
  unread: false,
  httpStatus: undefined,
  reason: undefined,
  domain: undefined,
  serverRequestId: undefined,
  cutByAttemptTimeout: false,
  retryInfoMs: undefined,
  headers: [],
  trailers: [],
};

/** Statuses that the Connect protocol gives its codes. */
export const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  canceled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 400,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
  unauthenticated: 401,
};

/** §1.1: meaning of a status without an error of the protocol. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: "internal",
  401: "unauthenticated",
  403: "permission_denied",
  404: "unimplemented",
  429: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

/** Breaks of a connection before a request has reached the server. */
export const NOT_SENT: readonly Break[] = [
  Break.REFUSED,
  Break.REFUSED_STREAM,
  Break.GOAWAY,
  Break.HANDSHAKE,
  Break.UNREACHABLE,
];

/** §1.1: turns an answer into a client's reaction. */
export function react(answer: Answer, readMaxBytes: number, notes: Notes): Reaction {
  const { action, headers, trailers, cut } = answer;
  if (action.case === undefined || action.case === "page" || action.case === "stream") {
    notes.invalid(`an answer that is ${action.case ?? "nothing"}`);
  }
  if (answer.packing !== Packing.UNSPECIFIED) {
    if (cut !== Cut.UNSPECIFIED) {
      notes.invalid("a cut in what nobody reads");
    }
    // The compression was not asked for: only the status remains.
    const httpStatus = statusOf(answer);
    const seen = plain({ status: httpStatus, contentType: "application/json" }, "connect");
    return failed({ ...seen, unread: true, headers, trailers });
  }
  if (action.case === "break") {
    const sent = NOT_SENT.includes(action.value) ? "no" : "maybe";
    return failed({ code: "unavailable", sent });
  }
  // The half that arrives may be too much already.
  const arriving = cut === Cut.UNSPECIFIED ? 1 : 0.5;
  if (action.case === "ok" && action.value.length * arriving > readMaxBytes) {
    return failed({
      code: "resource_exhausted",
      origin: "client",
      sent: "yes",
      httpStatus: 200,
      headers,
    });
  }
  if (action.case === "stall") {
    return { kind: "silence", heard: {} };
  }
  if (cut === Cut.STALL_HALF) {
    return { kind: "silence", heard: { headers, trailers, httpStatus: statusOf(answer) } };
  }
  if (cut !== Cut.UNSPECIFIED) {
    return failed({ code: "unavailable", httpStatus: statusOf(answer), headers, trailers });
  }
  switch (action.case) {
    case "ok":
      return { kind: "ok", text: action.value, headers };
    case "error": {
      const httpStatus = statusOf(answer);
      return failed({ ...errorAnswer(action.value, notes), httpStatus, headers, trailers });
    }
    case "http":
      checkHttp(action.value, notes);
      return failed({ ...plain(action.value, "connect"), headers, trailers });
    default:
      return { kind: "silence", heard: {} };
  }
}

function statusOf({ action }: Answer): number {
  if (action.case === "http") {
    return action.value.status;
  }
  if (action.case !== "error") {
    return 200;
  }
  const { code, status } = action.value;
  return status === 0 ? (STATUS_OF_CODE[code] ?? 500) : status;
}

/** Notes an answer that is invalid, or may be a good one. */
export function checkHttp({ status, contentType, body }: HttpAnswer, notes: Notes): void {
  if (status < 200) {
    notes.invalid(`a status that is ${status}`);
  }
  if (status === 200 && contentType !== "text/html" && !body.startsWith("{no")) {
    notes.invalid("an answer by hand that may be a good one");
  }
}

/** Returns the failure for a body that is not a valid error of the protocol. */
export function plain(
  { status, contentType }: Pick<HttpAnswer, "status" | "contentType">,
  protocol: Protocol,
): Partial<Failure> {
  if (status === 200) {
    // Connect's own suite: `unknown` is a media type of no protocol.
    const [type = ""] = contentType.toLowerCase().split(/[ ;]/);
    const known =
      protocol === "connect" && ["application/json", "application/proto"].includes(type);
    const code = known ? "internal" : "unknown";
    return { code, origin: "client", sent: "yes", httpStatus: status };
  }
  const reason = "REDIRECT_REFUSED";
  if (status >= 300 && status < 400) {
    return { code: "unknown", origin: "client", sent: "yes", httpStatus: status, reason };
  }
  const code = CODE_OF_STATUS[status] ?? "unknown";
  return { code, origin: "server", sent: "yes", httpStatus: status };
}

function failed(failure: Partial<Failure>): Reaction {
  return { kind: "failure", failure: failureOf(failure) };
}

/** Returns a failure of which only the given parts are known. */
export function failureOf(known: Partial<Failure>): Failure {
  return { ...NOTHING, ...known };
}

/** §1.4: an error of the protocol. */
export function errorAnswer(answer: ErrorAnswer, notes: Notes): Partial<Failure> {
  const { code, malformed } = answer;
  // An unreadable part is left out; for the other ways, the text is not compared.
  const { errorInfo, requestId, retryInfoMs, details } =
    malformed === Malformed.DETAILS
      ? { errorInfo: undefined, requestId: "", retryInfoMs: undefined, details: [] }
      : answer;
  if (STATUS_OF_CODE[code] === undefined) {
    notes.invalid(`a code that is ${code}`);
  }
  return {
    code,
    origin: "server",
    sent: "yes",
    wireError: true,
    reason: errorInfo?.reason || undefined,
    domain: errorInfo?.domain || undefined,
    serverRequestId: requestId === "" ? undefined : requestId,
    retryInfoMs: retryInfoMs === undefined ? rawRetryInfoMs(details) : Number(retryInfoMs),
  };
}

// Number of details of an error that are read.
const MAX_DETAILS = builtIn("max_details");

function rawRetryInfoMs(details: readonly Detail[]): number | undefined {
  const all = details.flatMap((detail) => Array<Detail>(detail.times || 1).fill(detail));
  const found = all.slice(0, MAX_DETAILS).find(({ type }) => type === RetryInfoSchema.typeName);
  const delay = found && fromBinary(RetryInfoSchema, found.value).retryDelay;
  return delay && durationMs(delay);
}

/** §3.1: an attempt ended by its own timeout, with what had been heard until then. */
export function attemptTimedOut(heard: Partial<Failure>): Failure {
  const code = "deadline_exceeded";
  return { ...NOTHING, code, origin: undefined, cutByAttemptTimeout: true, ...heard };
}

/** §5.3: a stream that was silent too long, with what had been heard until then. */
export function streamTimedOut(heard: Partial<Failure>): Failure {
  return { ...attemptTimedOut(heard), origin: "transport" };
}

/** §11: a good answer to another tenant. */
export const TENANT_MISMATCH: Failure = {
  ...NOTHING,
  code: "internal",
  origin: "client",
  sent: "yes",
  httpStatus: 200,
  reason: "TENANT_MISMATCH",
};

/** §9.3: the token provider failed. */
export const NO_TOKEN: Failure = {
  ...NOTHING,
  code: "unauthenticated",
  origin: "client",
  sent: "no",
  reason: "TOKEN_PROVIDER_FAILED",
};

/** §9.1: the answer of the token provider is not a token, or has an invalid expiry. */
export const NONSENSE_TOKEN: Failure = {
  ...NO_TOKEN,
  code: "invalid_argument",
  reason: "CONFIG_INVALID",
};

/** Returns what a client reads from an answer for a tenant: the text, or a failure. */
export function read(reaction: Reaction, tenant: string | undefined): string | Failure {
  if (reaction.kind === "failure") {
    return reaction.failure;
  }
  if (reaction.kind === "silence") {
    return attemptTimedOut(reaction.heard);
  }
  return isForAnother(reaction.headers, tenant) ? TENANT_MISMATCH : reaction.text;
}

/** §11: reports whether headers echo another tenant than was sent. */
export function isForAnother(headers: readonly Header[], tenant: string | undefined): boolean {
  const echo = headers.find(({ name }) => name.toLowerCase() === "x-tenant-id");
  return echo !== undefined && tenant !== undefined && echo.value !== tenant;
}
