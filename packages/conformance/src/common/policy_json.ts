import { readFileSync } from "node:fs";
import { POLICY_JSON } from "./folders.js";

/** A value of the policy of a method. Names are spelled as protos do: `timeout_ms`. */
export interface PolicyValue {
  readonly name: string;
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly default: unknown;
  /** Kinds of method it does something for; absent for all. */
  readonly kinds?: readonly string[];
  /** Kinds of method that have the default; absent for all. */
  readonly default_for?: readonly string[];
  /** Where code states it; absent for nowhere. */
  readonly option?: "settings" | "retry";
  /** Its field of the policy document. */
  readonly document?: string;
}

/** Numbers by their names: `keep_alive.interval_ms`. */
export type Numbers = Readonly<Record<string, number>>;

/** What every SDK has built in, as `policy.json` says it. */
export interface PolicyJson {
  readonly policy: readonly PolicyValue[];
  readonly budget: readonly { readonly name: string; readonly default: number }[];
  readonly presets: Readonly<Record<string, Numbers>>;
  readonly constants: Numbers;
}

/** The file that the table of policy values is generated into. */
export const POLICY = JSON.parse(readFileSync(POLICY_JSON, "utf8")) as PolicyJson;

/** Built-in numbers of a policy by the names that adapters have for them. */
export function builtInNumbers({ policy, budget, presets, constants }: PolicyJson): Numbers {
  const stated = [
    ...policy.map(({ name, default: value }) => [`defaults.${name}`, value] as const),
    ...budget.map(({ name, default: value }) => [`budget.${name}`, value] as const),
    ...Object.entries(constants),
    ...Object.entries(presets).flatMap(([preset, values]) =>
      Object.entries(values).map(([name, value]) => [`presets.${preset}.${name}`, value] as const),
    ),
  ];
  return Object.fromEntries(
    stated.filter((each): each is [string, number] => typeof each[1] === "number"),
  );
}

/**
 * What of the constants that an adapter describes is not as `policy.json` has it. Names may be
 * spelled as in protos or in their JSON, in `snake_case` or in `camelCase`. One that describes none
 * has none to compare.
 */
export function wrongConstants(
  constants: Numbers,
  builtIn: Numbers = builtInNumbers(POLICY),
): string[] {
  const described = new Map(
    Object.entries(constants).map(([name, value]) => [protoName(name), value]),
  );
  if (described.size === 0) {
    return [];
  }
  return Object.entries(builtIn).flatMap(([name, value]) => {
    const seen = described.get(name);
    if (seen === value) {
      return [];
    }
    const what = seen === undefined ? "is not described" : `is ${seen}`;
    return [`its constant ${name} ${what}, and is ${value} in policy.json`];
  });
}

/** `timeoutMs` is `timeout_ms`. */
export function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `timeout_ms` is `timeoutMs`. */
export function jsonName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
