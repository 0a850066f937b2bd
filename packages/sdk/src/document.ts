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
import { unknownInJson, unknownInMessage } from "./unknown_fields.js";
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
  /** Fields this version does not know, by their paths; they are ignored. */
  readonly unknownFields: readonly string[];
}

/** A document that says nothing. */
export const EMPTY_DOCUMENT: PolicyDocument = {
  behavior: undefined,
  preset: undefined,
  default: {},
  methods: new Map(),
  budget: {},
  logLevel: undefined,
  unknownFields: [],
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
  const { message, unknownFields } = parse(policy);
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
      if (!selector.includes("/")) {
        refuseRequestIdField(part, `${path}.policy`);
      }
      methods.set(selector, { ...part, ...methods.get(selector) });
    }
  });
  const defaults =
    message.default === undefined
      ? {}
      : readPart(message.default, "policy.default", maxMaxAttempts);
  refuseRequestIdField(defaults, "policy.default");
  if (message.behavior !== undefined && !(message.behavior in BEHAVIORS)) {
    throw configError("policy.behavior", `must be one of ${Object.keys(BEHAVIORS).join(", ")}`);
  }
  return {
    behavior: message.behavior,
    preset: PRESET_NAMES[message.preset],
    default: defaults,
    methods,
    budget,
    logLevel: LOG_LEVEL_NAMES[message.logLevel],
    unknownFields,
  };
}

function parse(policy: ClientPolicy | JsonObject): {
  message: ClientPolicy;
  unknownFields: readonly string[];
} {
  if (isMessage(policy, ClientPolicySchema)) {
    return { message: policy, unknownFields: unknownInMessage(ClientPolicySchema, policy) };
  }
  try {
    return { message: fromJson(ClientPolicySchema, policy), unknownFields: [] };
  } catch {
    // Not strictly what we know: newer than we are, or wrong.
  }
  try {
    const message = fromJson(ClientPolicySchema, policy, {
      ignoreUnknownFields: true,
    });
    return { message, unknownFields: unknownInJson(ClientPolicySchema, policy) };
  } catch (reason) {
    // What comes after this is the value.
    const where = String(reason).replace(/ from JSON.*$/s, "");
    throw configError("policy", `is no ameide.policy.v1.ClientPolicy: ${where}`);
  }
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
  assign(part, "requireIdempotency", policy.requireIdempotency);
  assign(part, "waitForReady", policy.waitForReady);
  if (policy.idempotencyKey !== IdempotencyKeyMode.UNSPECIFIED) {
    part.idempotencyKey = policy.idempotencyKey === IdempotencyKeyMode.OFF ? "off" : "auto";
  }
  const facts = policy.facts;
  if (facts !== undefined) {
    assign(part, "idempotency", IDEMPOTENCY_NAMES[facts.idempotencyLevel]);
    assign(part, "carriesIdempotencyKey", facts.idempotencyKey);
    if (facts.requestIdField !== undefined) {
      part.requestIdField = facts.requestIdField || null;
    }
    assign(part, "tenantMode", tenantModeName(facts.tenant));
    assign(part, "authMode", authModeName(facts.auth));
  }
  return part;
}

// It is a field of one method's request, and to be named for that method.
function refuseRequestIdField({ requestIdField }: PolicyPart, path: string): void {
  if (requestIdField) {
    throw configError(
      `${path}.facts.requestIdField`,
      "is for selectors of single methods, such as acme.v1.Billing/Charge",
    );
  }
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
