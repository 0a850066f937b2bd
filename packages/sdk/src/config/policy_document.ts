import {
  type DescField,
  type DescMessage,
  fromJson,
  isMessage,
  type JsonObject,
} from "@bufbuild/protobuf";
import {
  type ClientPolicy,
  ClientPolicySchema,
  LogLevelSchema,
  MethodFactsSchema,
  type MethodPolicy,
  MethodPolicySchema,
  PresetSchema,
} from "@ameideio/core-proto/ameide/policy/v1/policy_pb";
import { isSelector, selectorRule } from "../options/check_options.js";
import { type PolicyPart, wordOf } from "./method_facts.js";
import {
  CODE_NAMES,
  configErrors,
  configFault,
  type Fault,
  isCode,
  namingConfigFault,
} from "../errors/errors.js";
import { readJson, type Unknown } from "./json_document.js";
import type { LogLevel } from "../telemetry/log.js";
import { type BudgetValues, BEHAVIORS, type Preset } from "../policy/policy.js";
import { BOUNDS, boundsOf, BUDGET, ROWS, type ValueRule } from "../policy/policy_table.js";
import { unknownInMessage, unknownNames } from "./unknown_fields.js";

/** Policy document, once it is read. */
export interface PolicyDocument {
  readonly behavior: number | undefined;
  readonly preset: Preset | undefined;
  readonly default: PolicyPart;
  /** Policy parts by selector. */
  readonly methods: ReadonlyMap<string, PolicyPart>;
  readonly budget: Partial<BudgetValues>;
  readonly logLevel: LogLevel | undefined;
  /** Paths of fields that this version does not know; they are ignored. */
  readonly unknownFields: readonly string[];
}

/** Policy document that states nothing. */
export const EMPTY_DOCUMENT: PolicyDocument = {
  behavior: undefined,
  preset: undefined,
  default: {},
  methods: new Map(),
  budget: {},
  logLevel: undefined,
  unknownFields: [],
};

/** Policy document with its problems. */
export interface InspectedDocument {
  readonly document: PolicyDocument;
  readonly unknown: readonly Unknown[];
  readonly faults: readonly Fault[];
  /** Place of each selector: `methods[0].selectors[1]`. */
  readonly places: ReadonlyMap<string, string>;
}

/**
 * Reads a policy document. Unknown fields are ignored, so that an older SDK can read a newer
 * document.
 *
 * @throws AmeideError CONFIG_INVALID if values are out of their bounds, naming all.
 */
export function readDocument(
  policy: ClientPolicy | JsonObject,
  maxMaxAttempts: number,
): PolicyDocument {
  const { document, faults } = inspectDocument(policy, maxMaxAttempts);
  if (faults.length > 0) {
    const told = faults.slice(0, BOUNDS.maxFaults);
    const inOptions = ({ option, ...rest }: Fault) => ({ option: optionOf(option), ...rest });
    throw configErrors(told.map(inOptions), faults.length);
  }
  return document;
}

function optionOf(path: string): string {
  return path === "" ? "policy" : `policy.${path}`;
}

/** Reads a policy document to its end, whatever faults it has. */
export function inspectDocument(
  policy: ClientPolicy | JsonObject,
  maxMaxAttempts: number,
): InspectedDocument {
  const { message, unknown: unknownParts, wrong } = parse(policy);
  const unselecting: Unknown[] = [];
  const faults = new Faults();
  wrong.forEach((each) => faults.add(each));
  const budget: { -readonly [K in keyof BudgetValues]?: number } = {};
  for (const name of Object.keys(BUDGET) as (keyof BudgetValues)[]) {
    const value = message.budget?.[name];
    if (value !== undefined) {
      const { min, max } = BUDGET[name];
      budget[name] = faults.bounded(value, min, max, `budget.${name}`);
    }
  }
  const methods = new Map<string, PolicyPart>();
  const places = new Map<string, string>();
  message.methods.forEach((entry, i) => {
    const path = `methods[${i}]`;
    const part =
      entry.policy === undefined
        ? {}
        : readPart(entry.policy, `${path}.policy`, maxMaxAttempts, faults);
    if (entry.selectors.length === 0) {
      unselecting.push({
        path: `${path}.selectors`,
        name: "",
        known: [],
        got: "",
        why: SELECTS_NOTHING,
      });
    }
    entry.selectors.forEach((selector, j) => {
      if (!isSelector(selector)) {
        faults.add(configFault(`${path}.selectors[${j}]`, selectorRule(selector)));
        return;
      }
      if (!selector.includes("/")) {
        refuseRequestIdField(part, `${path}.policy`, faults);
      }
      methods.set(selector, { ...part, ...methods.get(selector) });
      places.set(selector, places.get(selector) ?? `${path}.selectors[${j}]`);
    });
  });
  const defaults =
    message.default === undefined
      ? {}
      : readPart(message.default, "default", maxMaxAttempts, faults);
  refuseRequestIdField(defaults, "default", faults);
  // A newer document may select in ways that this version does not know.
  const unknown = [...unknownParts, ...unselecting];
  const { behavior } = message;
  if (behavior !== undefined && !(behavior in BEHAVIORS)) {
    const rule = `must be one of ${Object.keys(BEHAVIORS).join(", ")}`;
    faults.add(namingConfigFault("behavior", rule, behavior));
  }
  return {
    document: {
      behavior,
      preset: wordOf(PresetSchema, message.preset) as Preset | undefined,
      default: defaults,
      methods,
      budget,
      logLevel: wordOf(LogLevelSchema, message.logLevel) as LogLevel | undefined,
      unknownFields: unknownNames(unknown),
    },
    unknown,
    faults: faults.all,
    places,
  };
}

const SELECTS_NOTHING = "is empty, which selects nothing";

class Faults {
  // Faults by option: several selectors that share a fact give one.
  private readonly found = new Map<string, Fault>();

  get all(): readonly Fault[] {
    return [...this.found.values()];
  }

  add(fault: Fault): void {
    this.found.set(fault.option, fault);
  }

  bounded(value: number, min: number, max: number, option: string): number {
    if (!Number.isInteger(value) || value < min || value > max) {
      this.add(namingConfigFault(option, `must be an integer from ${min} to ${max}`, value));
    }
    return value;
  }
}

function parse(policy: ClientPolicy | JsonObject): {
  message: ClientPolicy;
  unknown: readonly Unknown[];
  wrong: readonly Fault[];
} {
  if (isMessage(policy, ClientPolicySchema)) {
    const unknown = unknownInMessage(ClientPolicySchema, policy);
    return { message: policy, unknown, wrong: [] };
  }
  const { json, unknown, wrong } = readJson(ClientPolicySchema, policy);
  return { message: fromJson(ClientPolicySchema, json), unknown, wrong };
}

function readPart(
  policy: MethodPolicy,
  path: string,
  maxMaxAttempts: number,
  faults: Faults,
): PolicyPart {
  const part: Record<string, unknown> = {};
  for (const [name, row] of ROWS) {
    const { field = name } = row;
    if (field !== null) {
      const { desc, value } = fieldOf(policy, field);
      const stated = readValue(row, desc, value, `${path}.${field}`, maxMaxAttempts, faults);
      if (stated !== undefined) {
        part[name] = stated;
      }
    }
  }
  return part;
}

function fieldOf(
  policy: MethodPolicy,
  path: string,
): { readonly desc: DescField | undefined; readonly value: unknown } {
  const [name = "", ofFacts] = path.split(".").reverse();
  const message: object | undefined = ofFacts === undefined ? policy : policy.facts;
  const schema: DescMessage = ofFacts === undefined ? MethodPolicySchema : MethodFactsSchema;
  return { desc: schema.field[name], value: message && Reflect.get(message, name) };
}

// Returns undefined for a field that is not set.
function readValue(
  rule: ValueRule,
  desc: DescField | undefined,
  value: unknown,
  path: string,
  maxMaxAttempts: number,
  faults: Faults,
): unknown {
  if (value === undefined) {
    return undefined;
  }
  switch (rule.is) {
    case "timeout":
    case "integer": {
      const { min, max } = boundsOf(rule, maxMaxAttempts);
      return faults.bounded(Number(value), min, max, path);
    }
    case "word":
    case "enum":
      return desc?.enum && wordOf(desc.enum, value as number);
    case "codes":
      return readCodes(value as readonly string[], path, faults);
    case "text":
      return value || null;
    default:
      return value;
  }
}

function readCodes(
  codes: readonly string[],
  path: string,
  faults: Faults,
): readonly string[] | undefined {
  codes.forEach((code, i) => {
    if (!isCode(code)) {
      const rule = "must be a code in Connect's spelling, such as aborted";
      faults.add(namingConfigFault(`${path}[${i}]`, rule, code, CODE_NAMES));
    }
  });
  return codes.length === 0 ? undefined : [...codes].sort();
}

// A request id field belongs to one method's request, and has to be stated for that method.
function refuseRequestIdField({ requestIdField }: PolicyPart, path: string, faults: Faults): void {
  if (requestIdField) {
    const rule = "is for selectors of single methods, such as acme.v1.Billing/Charge";
    faults.add(configFault(`${path}.facts.requestIdField`, rule));
  }
}
