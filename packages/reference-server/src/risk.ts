import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { RiskLevel } from "@ameideio/core-proto/ameide/approvals/v1";
import type { GovernedAction } from "@ameideio/core-proto/ameide/governance/v1";
import { detectCredentials } from "./credentials.js";
import { detectPii } from "./pii.js";

const MANY = 100;
const LARGE = 1_000;
const HUGE = 100_000;

/** Something that bears on a risk. */
export interface Factor {
  code: string;
  message: string;
  weight: number;
}

/** What an action does, by its last word. */
export type Deed = "READS" | "WRITES" | "SENDS" | "DESTROYS" | "EMPOWERS";

const DEEDS: readonly { deed: Deed; weight: number; words: string; message: string }[] = [
  {
    deed: "READS",
    weight: 0,
    words: "count exists find get head list lookup preview query read search view watch",
    message: "it only reads",
  },
  {
    deed: "SENDS",
    weight: 1,
    words: "export forward invite notify post publish reply send share upload",
    message: "it sends something to others",
  },
  {
    deed: "DESTROYS",
    weight: 2,
    words: "cancel delete drop erase merge overwrite purge remove reset revoke terminate truncate",
    message: "it destroys something",
  },
  {
    deed: "EMPOWERS",
    weight: 2,
    words: "approve authorize charge deploy execute grant pay refund run transfer withdraw",
    message: "it moves money, rights or programs",
  },
];

const WRITES = { deed: "WRITES", weight: 1, message: "it changes something" } as const;

/** Returns what an action does. What is not known is a change. */
export function deedOf(action: string): (typeof DEEDS)[number] | typeof WRITES {
  const [word = ""] = (action.split(".").at(-1) ?? "").split("_");
  return DEEDS.find(({ words }) => words.split(" ").includes(word)) ?? WRITES;
}

/** Classifies the risk of an action, as the proto of ClassifyRisk says. */
export function classifyRisk(action: GovernedAction): { riskLevel: RiskLevel; factors: Factor[] } {
  const { deed: code, message, weight } = deedOf(action.action);
  const factors = [{ code, message, weight }, ...argumentFactors(action.arguments ?? {})];
  const score = factors.reduce((sum, factor) => sum + factor.weight, 0);
  return { riskLevel: LEVELS[score] ?? RiskLevel.CRITICAL, factors };
}

const LEVELS = [RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.HIGH];

/** Returns every text of the arguments of an action, those in lists and objects included. */
export function textsOf({ arguments: values = {} }: GovernedAction): string[] {
  return leavesOf(values).flatMap(({ value }) => (typeof value === "string" ? [value] : []));
}

function argumentFactors(values: JsonObject): Factor[] {
  const leaves = leavesOf(values);
  const texts = leaves.flatMap(({ value }) => (typeof value === "string" ? [value] : []));
  const numbers = (name: RegExp) =>
    leaves.flatMap(({ key, value }) =>
      typeof value === "number" && name.test(key) ? [value] : [],
    );
  const most = Math.max(0, ...numbers(/count|limit|quantity/i), ...listLengths(values));
  const amount = Math.max(0, ...numbers(/amount|cost|price|total/i));
  const some = (name: RegExp, wanted: (value: JsonValue) => boolean) =>
    leaves.some(({ key, value }) => name.test(key) && wanted(value));
  const isProduction = some(
    /^env(ironment)?$/i,
    (value) => typeof value === "string" && /^prod(uction)?$/i.test(value),
  );
  const isUnbounded = texts.includes("*") || some(/^all$/i, (value) => value === true);
  const hasPii = texts.some((text) => detectPii(text).length > 0);
  const hasCredential = texts.some((text) => detectCredentials(text).length > 0);
  return [
    { code: "BULK", message: `it is about ${most} at once`, weight: most > MANY ? 1 : 0 },
    {
      code: "AMOUNT",
      message: `it is about ${amount}`,
      weight: amount >= HUGE ? 2 : Number(amount >= LARGE),
    },
    { code: "PRODUCTION", message: "it is done in production", weight: Number(isProduction) },
    { code: "UNBOUNDED", message: "it is about all there is", weight: Number(isUnbounded) },
    { code: "PII", message: "its arguments have personal data", weight: Number(hasPii) },
    {
      code: "CREDENTIAL",
      message: "its arguments have a credential",
      weight: hasCredential ? 2 : 0,
    },
  ].filter(({ weight }) => weight > 0);
}

function leavesOf(value: JsonValue, key = ""): { key: string; value: JsonValue }[] {
  if (Array.isArray(value)) {
    return value.flatMap((each) => leavesOf(each, key));
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([name, each]) => leavesOf(each, name));
  }
  return [{ key, value }];
}

function listLengths(value: JsonValue): number[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  const inner = Object.values(value).flatMap((each) => listLengths(each));
  return Array.isArray(value) ? [value.length, ...inner] : inner;
}
