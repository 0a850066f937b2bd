import { notAnOption } from "../errors/did_you_mean.js";
import { configError, namingConfigError } from "../errors/errors.js";
import { readOptions } from "../errors/read_options.js";

/** Rule of an option of `/testing`. */
export interface TestRule {
  readonly text: string;
  holds(this: void, value: unknown): boolean;
}

export const aBoolean: TestRule = {
  text: "must be true or false",
  holds: (value) => typeof value === "boolean",
};

export const aFunction: TestRule = {
  text: "must be a function",
  holds: (value) => typeof value === "function",
};

export const aNumber: TestRule = { text: "must be a finite number", holds: Number.isFinite };

export const anObject: TestRule = {
  text: "must be an object",
  holds: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

/** Returns the rule for objects with methods of these names. */
export function having(...names: readonly string[]): TestRule {
  return {
    text: `must have the methods ${names.join(", ")}`,
    holds: (value) =>
      names.every((name) => typeof (Object(value) as Record<string, unknown>)[name] === "function"),
  };
}

/**
 * Checks one value.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function checkTestValue(option: string, value: unknown, { text, holds }: TestRule): void {
  if (!readOptions(option, () => holds(value))) {
    throw namingConfigError(option, text, value);
  }
}

/**
 * Checks an object of options, all of which are optional.
 *
 * @throws AmeideError CONFIG_INVALID naming the option and the rule.
 */
export function checkTestOptions(
  option: string,
  value: object,
  rules: Readonly<Record<string, TestRule>>,
): void {
  checkTestValue(option, value, anObject);
  const members = readOptions(option, () => Object.entries<unknown>({ ...value }));
  for (const [name, member] of members) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      throw configError(`${option}.${name.slice(0, 64)}`, notAnOption(name, Object.keys(rules)));
    }
    if (member !== undefined) {
      checkTestValue(`${option}.${name}`, member, rule);
    }
  }
}
