import { builtInNumbers, jsonName, POLICY, type PolicyValue } from "../../common/policy_json.js";

/** Numbers of a method's policy, by the names of their fields. */
export type NumberName =
  | "timeoutMs"
  | "attemptTimeoutMs"
  | "firstMessageTimeoutMs"
  | "idleTimeoutMs"
  | "maxAttempts"
  | "baseDelayMs"
  | "throttleDelayMs"
  | "maxDelayMs"
  | "maxServerDelayMs";

/** Number as policy.json describes it. */
export type NumberValue = Omit<PolicyValue, "name"> & { readonly name: NumberName };

/** All numbers. */
export const NUMBERS: readonly NumberValue[] = POLICY.policy
  .filter(({ type }) => type === "timeout" || type === "integer")
  .map((value) => ({ ...value, name: jsonName(value.name) as NumberName }));

/** Values of the numbers if nothing is stated. */
export const BUILT_IN = Object.fromEntries(
  NUMBERS.map((value) => [value.name, value.default]),
) as Readonly<Record<NumberName, number>>;

const ALL = builtInNumbers(POLICY);

/**
 * Returns a built-in number by its name in policy.json: `budget.capacity`.
 *
 * @throws Error for an unknown name.
 */
export function builtIn(name: string): number {
  const number = ALL[name];
  if (number === undefined) {
    throw new Error(`policy.json has no ${name}`);
  }
  return number;
}

/**
 * Returns the numbers that a message states in the fields of their names.
 *
 * @param option - Restricts them to those that code states there.
 */
export function numbersIn(
  message: object | undefined,
  option?: PolicyValue["option"],
): Partial<Record<NumberName, number>> {
  const stated = NUMBERS.flatMap((value) => {
    if (message === undefined || (option !== undefined && value.option !== option)) {
      return [];
    }
    const number: unknown = Reflect.get(message, value.name);
    return number === undefined ? [] : [[value.name, Number(number)] as const];
  });
  return Object.fromEntries(stated);
}

/** Reports whether a number is within its bounds, as code may state it. */
export function isAllowed({ type, min = 0, max = Infinity }: NumberValue, number: number): boolean {
  return type === "timeout"
    ? number > 0
    : Number.isInteger(number) && number >= min && number <= max;
}
