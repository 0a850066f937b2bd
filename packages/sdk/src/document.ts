import { fromJson, isMessage, type JsonObject } from "@bufbuild/protobuf";
import {
  type ClientPolicy,
  ClientPolicySchema,
  IdempotencyKeyMode,
  IdempotencyLevel,
  LogLevel,
  type MethodPolicy,
  Preset,
} from "@ameideio/core-proto/ameide/policy/v1/policy_pb";
import { checkSelector } from "./check_options.js";
import { assign, authModeName, type PolicyPart, tenantModeName } from "./contract.js";
import { configError, isCode } from "./errors.js";
import type { LogLevel as LogLevelName } from "./log.js";
import {
  type BudgetValues,
  BEHAVIORS,
  type Idempotency,
  type Preset as PresetName,
} from "./policy.js";

/** A policy document, read. */
export interface PolicyDocument {
  readonly behavior: number | undefined;
  readonly preset: PresetName | undefined;
  readonly default: PolicyPart;
  /** By selector. */
  readonly methods: ReadonlyMap<string, PolicyPart>;
  readonly budget: Partial<BudgetValues>;
  readonly logLevel: LogLevelName | undefined;
  /** The document has fields this version does not know; they are ignored. */
  readonly hasUnknownFields: boolean;
}

/** A document that says nothing. */
export const EMPTY_DOCUMENT: PolicyDocument = {
  behavior: undefined,
  preset: undefined,
  default: {},
  methods: new Map(),
  budget: {},
  logLevel: undefined,
  hasUnknownFields: false,
};

/**
 * Reads a policy document. Fields it does not know are passed over, so that an
 * older SDK can read a newer document.
 *
 * @throws AmeideError CONFIG_INVALID if a value is out of its bounds.
 */
export function readDocument(
  policy: ClientPolicy | JsonObject,
  maxMaxAttempts: number,
): PolicyDocument {
  const { message, hasUnknownFields } = parse(policy);
  const budget: { -readonly [K in keyof BudgetValues]?: number } = {};
  for (const name of ["capacity", "cost", "throttleCost"] as const) {
    const value = message.budget?.[name];
    if (value !== undefined) {
      budget[name] = bounded(value, 1, 10_000, `policy.budget.${name}`);
    }
  }
  const methods = new Map<string, PolicyPart>();
  message.methods.forEach((entry, i) => {
    const path = `policy.methods[${i}]`;
    const part =
      entry.policy === undefined ? {} : readPart(entry.policy, `${path}.policy`, maxMaxAttempts);
    for (const selector of entry.selectors) {
      checkSelector(selector, `${path}.selectors`);
      methods.set(selector, { ...part, ...methods.get(selector) });
    }
  });
  if (message.behavior !== undefined && !(message.behavior in BEHAVIORS)) {
    throw configError("policy.behavior", `must be one of ${Object.keys(BEHAVIORS).join(", ")}`);
  }
  return {
    behavior: message.behavior,
    preset: PRESET_NAMES[message.preset],
    default:
      message.default === undefined
        ? {}
        : readPart(message.default, "policy.default", maxMaxAttempts),
    methods,
    budget,
    logLevel: LOG_LEVEL_NAMES[message.logLevel],
    hasUnknownFields,
  };
}

function parse(policy: ClientPolicy | JsonObject): {
  message: ClientPolicy;
  hasUnknownFields: boolean;
} {
  if (isMessage(policy, ClientPolicySchema)) {
    return { message: policy, hasUnknownFields: hasUnknown(policy) };
  }
  try {
    return { message: fromJson(ClientPolicySchema, policy), hasUnknownFields: false };
  } catch {
    // Not strictly what we know: newer than we are, or wrong.
  }
  try {
    const message = fromJson(ClientPolicySchema, policy, {
      ignoreUnknownFields: true,
    });
    return { message, hasUnknownFields: true };
  } catch (reason) {
    // What comes after this is the value.
    const where = String(reason).replace(/ from JSON.*$/s, "");
    throw configError("policy", `is no ameide.policy.v1.ClientPolicy: ${where}`);
  }
}

function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const { $unknown } = value as { $unknown?: unknown[] };
  return ($unknown !== undefined && $unknown.length > 0) || Object.values(value).some(hasUnknown);
}

const DURATIONS = [
  "timeoutMs",
  "attemptTimeoutMs",
  "firstMessageTimeoutMs",
  "idleTimeoutMs",
  "baseDelayMs",
  "throttleDelayMs",
  "maxDelayMs",
  "maxServerDelayMs",
] as const;

function readPart(policy: MethodPolicy, path: string, maxMaxAttempts: number): PolicyPart {
  const part: PolicyPart = {};
  for (const name of DURATIONS) {
    const value = policy[name];
    if (value !== undefined) {
      part[name] = bounded(Number(value), 1, Number.MAX_SAFE_INTEGER, `${path}.${name}`);
    }
  }
  if (policy.maxAttempts !== undefined) {
    part.maxAttempts = bounded(policy.maxAttempts, 1, maxMaxAttempts, `${path}.maxAttempts`);
  }
  if (policy.retryableCodes.length > 0) {
    for (const code of policy.retryableCodes) {
      if (!isCode(code)) {
        throw configError(`${path}.retryableCodes`, "must be codes in Connect's spelling", code);
      }
    }
    part.retryableCodes = [...policy.retryableCodes].sort();
  }
  if (policy.idempotencyKey !== IdempotencyKeyMode.UNSPECIFIED) {
    part.idempotencyKey = policy.idempotencyKey === IdempotencyKeyMode.OFF ? "off" : "auto";
  }
  const facts = policy.facts;
  if (facts !== undefined) {
    assign(part, "idempotency", IDEMPOTENCY_NAMES[facts.idempotencyLevel]);
    assign(part, "carriesIdempotencyKey", facts.idempotencyKey);
    assign(part, "tenantMode", tenantModeName(facts.tenant));
    assign(part, "authMode", authModeName(facts.auth));
  }
  return part;
}

function bounded(value: number, min: number, max: number, option: string): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw configError(option, `must be an integer from ${min} to ${max}`, value);
  }
  return value;
}

const PRESET_NAMES: Readonly<Record<number, PresetName | undefined>> = {
  [Preset.STANDALONE]: "standalone",
  [Preset.MESH]: "mesh",
};

const IDEMPOTENCY_NAMES: Readonly<Record<number, Idempotency | undefined>> = {
  [IdempotencyLevel.NO_SIDE_EFFECTS]: "no_side_effects",
  [IdempotencyLevel.IDEMPOTENT]: "idempotent",
  [IdempotencyLevel.UNKNOWN]: "unknown",
};

const LOG_LEVEL_NAMES: Readonly<Record<number, LogLevelName | undefined>> = {
  [LogLevel.OFF]: "off",
  [LogLevel.ERROR]: "error",
  [LogLevel.WARN]: "warn",
  [LogLevel.INFO]: "info",
  [LogLevel.DEBUG]: "debug",
};
