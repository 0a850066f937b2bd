import { type Arguments, type OptionsConfig, parseStrictly } from "./parse_strictly.js";

export type { Arguments, OptionsConfig };

/** Thrown for arguments that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Reads the arguments of a command.
 *
 * @param operands - How many it takes besides options.
 * @throws UsageError that names what is wrong.
 */
export function readArguments<T extends OptionsConfig>(
  argv: readonly string[],
  options: T,
  operands = 0,
): Arguments<T> {
  const parsed = parse(argv, options);
  if (parsed.positionals.length > operands) {
    throw new UsageError(`unknown argument ${parsed.positionals[operands]}`);
  }
  return parsed;
}

/**
 * Returns the value of an option that has to be given.
 *
 * @throws UsageError if it is not.
 */
export function required(value: string | undefined, option: string): string {
  if (value === undefined || value === "") {
    throw new UsageError(`${option} is missing`);
  }
  return value;
}

/**
 * Returns a value that has to be one of some words.
 *
 * @throws UsageError if it is not.
 */
export function oneOf<T extends string>(value: string, words: readonly T[], option: string): T {
  const word = words.find((each) => each === value);
  if (word === undefined) {
    throw new UsageError(`${option} must be one of ${words.join(", ")}, is ${value}`);
  }
  return word;
}

function parse<T extends OptionsConfig>(argv: readonly string[], options: T): Arguments<T> {
  try {
    return parseStrictly(argv, options);
  } catch (reason) {
    throw new UsageError(reason instanceof Error ? reason.message : String(reason));
  }
}
