import { type ParseArgsConfig, parseArgs } from "node:util";
import { type Options, parseOptions, splitOptions } from "@ameideio/protoc-gen-ameide/options";

/** Thrown for arguments that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The options of a command, in the form of `parseArgs`. */
export type OptionsConfig = NonNullable<ParseArgsConfig["options"]>;

/** What `parseArgs` makes of arguments. */
export type Arguments<T extends OptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: true }>
>;

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

/**
 * Reads options of protoc-gen-ameide.
 *
 * @throws UsageError if one is none.
 */
export function readOptions(options: readonly string[] = []): Options {
  try {
    return parseOptions(splitOptions(options));
  } catch (reason) {
    throw new UsageError(`--opt: ${reason instanceof Error ? reason.message : String(reason)}`);
  }
}

function parse<T extends OptionsConfig>(argv: readonly string[], options: T): Arguments<T> {
  try {
    return parseArgs({ args: [...argv], strict: true, allowPositionals: true, options });
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason);
    throw new UsageError(message.split(/\. |\n/)[0]);
  }
}
