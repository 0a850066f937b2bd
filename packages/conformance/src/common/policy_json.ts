import { readFileSync } from "node:fs";
import { POLICY_JSON } from "./folders.js";

/** Value of a method's policy. Names are spelled as in protos: `timeout_ms`. */
export interface PolicyValue {
  readonly name: string;
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly default: unknown;
  /** Kinds of method that it has an effect on; absent for all. */
  readonly kinds?: readonly string[];
  /** Kinds of method that have the default; absent for all. */
  readonly default_for?: readonly string[];
  /** How code states it; absent for not at all. */
  readonly option?: "settings" | "retry" | "retry: false";
  /** Field of the policy document. */
  readonly document?: string;
}

/** Numbers by their names: `keep_alive.interval_ms`. */
export type Numbers = Readonly<Record<string, number>>;

/** Built-in values of every SDK, as in `policy.json`. */
export interface PolicyJson {
  readonly policy: readonly PolicyValue[];
  readonly budget: readonly { readonly name: string; readonly default: number }[];
  readonly presets: Readonly<Record<string, Numbers>>;
  readonly constants: Numbers;
}

/** Content of the file that is generated from the table of policy values. */
export const POLICY = JSON.parse(readFileSync(POLICY_JSON, "utf8")) as PolicyJson;

/** Returns the built-in numbers of a policy, by the names that adapters use. */
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
 * Lists the constants that an adapter describes differently from `policy.json`. Names may be
 * spelled as in protos or in their JSON, in `snake_case` or in `camelCase`. An adapter that
 * describes none has none to compare.
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

/** Turns `timeoutMs` into `timeout_ms`. */
export function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Turns `timeout_ms` into `timeoutMs`. */
export function jsonName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
