import { type ParseArgsConfig, parseArgs } from "node:util";

/** The options of a command, in the form of `parseArgs`. */
export type OptionsConfig = NonNullable<ParseArgsConfig["options"]>;

/** What `parseArgs` makes of arguments. */
export type Arguments<T extends OptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: true }>
>;

/**
 * Parses arguments as `parseArgs` does, and refuses what it lets pass: an empty value, as of a variable
 * that is not set, and a second value of an option that takes one.
 *
 * @throws Error with one line that names what is wrong.
 */
export function parseStrictly<T extends OptionsConfig>(
  argv: readonly string[],
  options: T,
): Arguments<T> {
  const config = { args: [...argv], strict: true, allowPositionals: true, options } as const;
  const parsed = parse(config);
  const seen = new Set<string>();
  for (const token of parse({ ...config, tokens: true }).tokens) {
    if (token.kind !== "option" || options[token.name]?.type !== "string") {
      continue;
    }
    if (token.value === "") {
      throw new Error(`--${token.name} is empty`);
    }
    if (seen.has(token.name) && options[token.name]?.multiple !== true) {
      throw new Error(`--${token.name} is given twice`);
    }
    seen.add(token.name);
  }
  return parsed;
}

function parse<T extends ParseArgsConfig>(config: T) {
  try {
    return parseArgs(config);
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason);
    throw new Error(message.split(/\. |\n/)[0], { cause: reason });
  }
}
