import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString, codeToString } from "@connectrpc/connect/protocol-connect";
import { answerMetadata } from "./answer_metadata.js";
import { printable, redact, summary, truncate } from "./bounded_text.js";
import { didYouMean } from "./did_you_mean.js";
import {
  badRequest,
  type Entries,
  errorInfo,
  fieldViolations,
  NO_ENTRIES,
  preconditionViolations,
  quotaViolations,
  serversRequestId,
} from "./details.js";
import type { Origin, Sent } from "../policy/failure.js";
import { BEHAVIOR_1, type ErrorBounds } from "../policy/policy.js";
import { printedDetails, printedList, printedMap } from "./printed_entries.js";
import type { RetryClass, StopReason } from "../policy/retry.js";
import { connectErrorOf } from "./thrown.js";

/** Mark of an {@link AmeideError}, the same in every copy of this package. */
const brand = Symbol.for("ameide.sdk.error");

/** Failed attempt of a call. */
export interface AttemptFailure {
  /** Code in Connect's spelling: `unavailable`. */
  readonly code: string;
  readonly class: RetryClass;
  /** Tells whether the server may have read the request. */
  readonly sent: Sent;
  /**
   * Message of the failure, cut after 256 bytes, with `REDACTED` in place of credentials and keys.
   */
  readonly message: string;
  /** Time from the start of the attempt to its failure, in milliseconds. */
  readonly durationMs: number;
  /** Wait after it, in milliseconds; 0 if none followed. */
  readonly delayMs: number;
  /**
   * True if a transparent retry followed, so that the attempt does not count. Of consecutive ones,
   * while a call waits for a server, only the last is listed.
   */
  readonly transparent: boolean;
}

/** Facts that an SDK knows about a failed call: members of the error, and how to read it. */
export interface ErrorFacts extends Partial<
  Pick<
    AmeideError,
    | "method"
    | "reason"
    | "requestId"
    | "serverRequestId"
    | "httpStatus"
    | "attempts"
    | "stopReason"
    | "explanation"
    | "retryable"
    | "committed"
    | "retryAfterMs"
  >
> {
  readonly origin: Origin;
  /** Bounds on how much of a server's words is kept and printed. Default: those of behavior 1. */
  readonly bounds?: ErrorBounds;
  /** Credentials that were sent, to be removed from the server's texts. They are not kept. */
  readonly secrets?: readonly string[];
}

/** One violated field of a request (`google.rpc.BadRequest`). */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** One violated quota (`google.rpc.QuotaFailure`). */
export interface QuotaViolation {
  readonly subject: string;
  readonly description: string;
}

/** One violated precondition (`google.rpc.PreconditionFailure`). */
export interface PreconditionViolation {
  readonly type: string;
  readonly subject: string;
  readonly description: string;
}

// Fields promoted from the details, and the number of all entries.
interface Promoted {
  readonly bounds: ErrorBounds;
  readonly secrets: readonly string[];
  readonly metadata: Entries<readonly [string, string]>;
  readonly fields: Entries<FieldViolation>;
  readonly quotas: Entries<QuotaViolation>;
  readonly preconditions: Entries<PreconditionViolation>;
}

/**
 * The only error class of the SDK: a `ConnectError` with more facts. The standard details of
 * `google.rpc` (AIP-193) are promoted to fields, within bounds; `details` keeps all of them,
 * including unknown ones. Its string and JSON forms hold no headers, tokens, bodies or query
 * strings, no control characters, and at most a few kilobytes, whatever a server says. `metadata`
 * has the headers and trailers of the answer; if a handler rethrows the error they are not sent on,
 * and its caller is told not to repeat a call that was retried here.
 */
export class AmeideError extends ConnectError {
  /** Name by which Connect recognizes its errors, including in `instanceof ConnectError`. */
  override name = "ConnectError";
  /** Headers and trailers of the answer; empty if there was none. */
  override readonly metadata: Headers;
  /** Marks the errors of every copy of this package. */
  readonly [brand] = true;
  /** Full name of the method: `acme.v1.Billing/Charge`; undefined outside of a call. */
  readonly method: string | undefined;
  /** Source of the failure: the server, the connection, or this process. */
  readonly origin: Origin;
  /** Machine-readable reason (`google.rpc.ErrorInfo.reason`, or one of the SDK's). */
  readonly reason: string | undefined;
  /** `google.rpc.ErrorInfo.domain`. */
  readonly domain: string | undefined;
  /** `google.rpc.ErrorInfo.metadata` (`metadata` holds the response headers). */
  readonly reasonMetadata: Readonly<Record<string, string>>;
  /** Violated fields of the request (`google.rpc.BadRequest`); empty if none are named. */
  readonly fieldViolations: readonly FieldViolation[];
  /** Violated quotas (`google.rpc.QuotaFailure`); empty if none are named. */
  readonly quotaViolations: readonly QuotaViolation[];
  /** Violated preconditions (`google.rpc.PreconditionFailure`); empty if none are named. */
  readonly preconditionViolations: readonly PreconditionViolation[];
  /** Time after which the server wants to be asked again, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Id that was sent with every attempt, as `x-request-id` by default. */
  readonly requestId: string | undefined;
  /** The server's own id for the request, if it differs from the one sent. */
  readonly serverRequestId: string | undefined;
  /** Status of the last response, if there was one. */
  readonly httpStatus: number | undefined;
  /** Failed attempts, in order; empty if none was made. */
  readonly attempts: readonly AttemptFailure[];
  /** Reason for which the call was not tried again. */
  readonly stopReason: StopReason | undefined;
  /** Fact that decided, in words. */
  readonly explanation: string | undefined;
  /** True if trying again later may help. */
  readonly retryable: boolean;
  /** True if messages of a stream had reached the application. */
  readonly committed: boolean;
  private readonly promoted!: Promoted;

  /**
   * @param source - Error that it is made from; its details and headers are kept.
   * @param facts - Facts that the SDK adds.
   * @param code - Code of the error; default: the source's.
   */
  constructor(source: ConnectError, facts: ErrorFacts, code: Code = source.code) {
    const bounds = facts.bounds ?? BEHAVIOR_1;
    const { secrets = [] } = facts;
    const reading = { ...bounds, secrets };
    const message = truncate(redact(source.rawMessage, secrets), bounds.maxMessageBytes);
    // Message and stack, which are printed, are made of this.
    super(printable(message), code, source.metadata);
    const info = errorInfo(source, reading);
    const promoted: Promoted = {
      bounds,
      secrets,
      metadata: info?.metadata ?? NO_ENTRIES,
      fields: fieldViolations(source, reading),
      quotas: quotaViolations(source, reading),
      preconditions: preconditionViolations(source, reading),
    };
    Object.assign(this, { rawMessage: message });
    this.cause = source.cause ?? (source.code === code ? undefined : source);
    this.details = source.details;
    // Tools that print all members of an error must not print these.
    hide(this, ["metadata", "details", "cause"]);
    Object.defineProperty(this, "promoted", { value: promoted });
    this.method = facts.method;
    this.origin = facts.origin;
    this.reason = facts.reason ?? info?.reason;
    this.domain = info?.domain;
    this.reasonMetadata = Object.fromEntries(promoted.metadata.first);
    this.fieldViolations = promoted.fields.first;
    this.quotaViolations = promoted.quotas.first;
    this.preconditionViolations = promoted.preconditions.first;
    this.retryAfterMs = facts.retryAfterMs;
    this.requestId = facts.requestId;
    const named = serversRequestId(source, reading) || facts.serverRequestId;
    const serverRequestId = named && truncate(redact(named, secrets), bounds.maxMessageBytes);
    this.serverRequestId = serverRequestId === facts.requestId ? undefined : serverRequestId;
    this.httpStatus = facts.httpStatus;
    this.attempts = facts.attempts ?? [];
    this.stopReason = facts.stopReason;
    this.explanation = facts.explanation;
    this.retryable = facts.retryable ?? false;
    this.committed = facts.committed ?? false;
    this.metadata = answerMetadata(source.metadata, isFinal(this));
  }

  /**
   * Turns any value into an `AmeideError`. An `AmeideError` is returned as it is; any other value
   * gets origin `client`.
   *
   * @param code - Code for values other than a `ConnectError`. Default `unknown`.
   */
  static override from(reason: unknown, code: Code = Code.Unknown): AmeideError {
    if (isAmeideError(reason)) {
      return reason;
    }
    return new AmeideError(connectErrorOf(reason, code), { origin: "client" });
  }

  /** Tests the brand, so that errors of another copy of this package count too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isAmeideError(value);
  }

  /** Returns one line: code, message, and why the call was not tried again. */
  override toString(): string {
    const why = this.explanation === undefined ? "" : ` (${this.explanation})`;
    return `AmeideError: ${this.message}${why}`;
  }

  /**
   * Returns plain data for logs: every field of the SDK, no headers, and types and sizes of raw
   * details. Lists are cut to their first entries, with the number of the others.
   */
  toJSON(): Record<string, unknown> {
    const { bounds, secrets, metadata, fields, quotas, preconditions } = this.promoted;
    const print = (text: string | undefined) => text && summary(text, bounds.maxPrintedTextBytes);
    return {
      name: "AmeideError",
      code: codeToString(this.code),
      message: printable(this.rawMessage),
      method: this.method,
      origin: this.origin,
      reason: print(this.reason),
      domain: print(this.domain),
      reasonMetadata: printedMap(metadata, bounds),
      fieldViolations: printedList(fields, bounds),
      quotaViolations: printedList(quotas, bounds),
      preconditionViolations: printedList(preconditions, bounds),
      details: printedDetails(this.details, bounds, secrets),
      retryAfterMs: this.retryAfterMs,
      requestId: this.requestId,
      serverRequestId: print(this.serverRequestId),
      httpStatus: this.httpStatus,
      attempts: this.attempts,
      stopReason: this.stopReason,
      explanation: this.explanation,
      retryable: this.retryable,
      committed: this.committed,
    };
  }

  // Keeps response headers out of the output of console.log.
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `${this.stack ?? this.toString()}\n${JSON.stringify(this.toJSON(), null, 2)}`;
  }
}

/**
 * Reports whether a value is an {@link AmeideError}, including one of another copy of this package.
 */
export function isAmeideError(value: unknown): value is AmeideError {
  return typeof value === "object" && value !== null && brand in value;
}

function hide(error: AmeideError, names: readonly (keyof AmeideError)[]): void {
  for (const name of names) {
    Object.defineProperty(error, name, { enumerable: false });
  }
}

/** Reports whether a value is a code in Connect's spelling: `permission_denied`. */
export function isCode(value: unknown): value is string {
  // The look-up also finds inherited members (`constructor`).
  return typeof value === "string" && typeof codeFromString(value) === "number";
}

/** All codes in Connect's spelling. */
export const CODE_NAMES: readonly string[] = Object.values(Code)
  .filter((code) => typeof code === "number")
  .map(codeToString);

/** Fault of an option, or of a value of a document. */
export interface Fault {
  readonly option: string;
  readonly rule: string;
  /** Text such as `, got a string`. */
  readonly got: string;
}

/** Creates a fault that names the type of the value, never the value, which may be a secret. */
export function configFault(option: string, rule: string, value?: unknown): Fault {
  return { option, rule, got: value === undefined ? "" : `, got ${valueClass(value)}` };
}

/**
 * Creates a fault that shows the value, where that cannot be a secret: numbers, booleans, and words
 * of a known set, of which the nearest is suggested.
 */
export function namingConfigFault(
  option: string,
  rule: string,
  value: unknown,
  known: readonly string[] = [],
): Fault {
  if (typeof value === "string" && known.length > 0 && /^[\w.-]{1,32}$/.test(value)) {
    return { option, rule: didYouMean(value, known) + rule, got: `, got ${value}` };
  }
  if (typeof value === "string" && known.includes(value.trim())) {
    return { option, rule, got: `, got ${value.trim()} with white space around it` };
  }
  if (typeof value === "boolean") {
    return { option, rule, got: `, got ${value}` };
  }
  if (typeof value === "number" && Number.isFinite(value) && value !== 0) {
    return { option, rule, got: `, got ${value < 0 ? `a negative number (${value})` : value}` };
  }
  return configFault(option, rule, value);
}

/**
 * Creates a fault of a duration. A text that is a duration is answered with the number to write
 * instead; no secret has this form.
 */
export function durationFault(option: string, rule: string, value: unknown): Fault {
  const ms = typeof value === "string" ? millisecondsIn(value) : undefined;
  return ms === undefined
    ? namingConfigFault(option, rule, value)
    : {
        option,
        rule: `must be a number of milliseconds: ${ms}, not "${value as string}"`,
        got: "",
      };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  "": 1,
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

// Parses `5s`, `1.5 s`, `250ms` and `250`.
function millisecondsIn(text: string): number | undefined {
  const [, digits, unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|min|h)?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (UNIT_MS[unit] as number);
}

/**
 * Creates the error for wrong options: `invalid_argument`, origin `client`, reason
 * `CONFIG_INVALID`. It names each option, its rule, and what was given instead.
 *
 * @param count - Number of all faults, if not all are listed.
 */
export function configErrors(faults: readonly Fault[], count = faults.length): AmeideError {
  const isVariable = /^[A-Z][A-Z0-9_]+$/.test(faults[0]?.option ?? "");
  const one = isVariable ? "environment variable" : "option";
  const what = count === 1 ? one : `${count} options are wrong:`;
  const texts = faults.map(({ option, rule, got }) => `${option}: ${rule}${got}`);
  const source = new ConnectError(`${what} ${texts.join("; ")}`, Code.InvalidArgument);
  source.details = [badRequest(faults)];
  return new AmeideError(source, { origin: "client", reason: "CONFIG_INVALID" });
}

/** Creates the error for one {@link configFault}. */
export function configError(...fault: Parameters<typeof configFault>): AmeideError {
  return configErrors([configFault(...fault)]);
}

/** Creates the error for one {@link namingConfigFault}. */
export function namingConfigError(...fault: Parameters<typeof namingConfigFault>): AmeideError {
  return configErrors([namingConfigFault(...fault)]);
}

// Reports whether a call was retried, or not retried because of the server or the budget.
function isFinal({ attempts, stopReason }: AmeideError): boolean {
  return attempts.length > 1 || stopReason === "server_pushback" || stopReason === "budget";
}

function valueClass(value: unknown): string {
  if (value === null) {
    return "null";
  }
  if (Array.isArray(value)) {
    return "an array";
  }
  if (typeof value === "number") {
    if (Number.isNaN(value)) {
      return "NaN";
    }
    if (!Number.isFinite(value)) {
      return "an infinite number";
    }
    return value === 0 ? "zero" : value < 0 ? "a negative number" : "a number";
  }
  if (typeof value === "string") {
    return value === "" ? "an empty string" : "a string";
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
