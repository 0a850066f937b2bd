import { builtInNumbers, jsonName, POLICY, type PolicyValue } from "../../common/policy_json.js";

/** Numbers of the policy of a method, by the names of their fields. */
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

/** What policy.json says of a number. */
export type NumberValue = Omit<PolicyValue, "name"> & { readonly name: NumberName };

/** All of them. */
export const NUMBERS: readonly NumberValue[] = POLICY.policy
  .filter(({ type }) => type === "timeout" || type === "integer")
  .map((value) => ({ ...value, name: jsonName(value.name) as NumberName }));

/** What the numbers are where nothing is stated. */
export const BUILT_IN = Object.fromEntries(
  NUMBERS.map((value) => [value.name, value.default]),
) as Readonly<Record<NumberName, number>>;

const ALL = builtInNumbers(POLICY);

/**
 * A built-in number by its name in policy.json: `budget.capacity`.
 *
 * @throws Error for a name that is not there.
 */
export function builtIn(name: string): number {
  const number = ALL[name];
  if (number === undefined) {
    throw new Error(`policy.json has no ${name}`);
  }
  return number;
}

/**
 * The numbers that a message states in the fields of their names.
 *
 * @param option - Only those that code states there.
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

/** Whether a number is within its bounds, as code may state it. */
export function isAllowed({ type, min = 0, max = Infinity }: NumberValue, number: number): boolean {
  return type === "timeout"
    ? number > 0
    : Number.isInteger(number) && number >= min && number <= max;
}
