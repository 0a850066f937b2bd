import { type Options, parseOptions, splitOptions } from "@ameideio/protoc-gen-ameide/options";
import { optionsIn } from "../init/template.js";
import { UserError } from "../user_error.js";
import { UsageError } from "./arguments.js";
import { readText } from "./files.js";

/**
 * Reads options of protoc-gen-ameide: those of a template, and more over them.
 *
 * @param template - Path of a template for `buf generate`.
 * @throws UsageError if one is none.
 * @throws UserError if the template cannot be read, or has no roster.
 */
export async function readOptions(
  options: readonly string[] = [],
  template?: string,
): Promise<Options> {
  const stated = template === undefined ? NONE : optionsIn(await readText(template));
  if (template !== undefined && stated.roster.length === 0) {
    throw new UserError(`${template} has no plugin with an option roster`);
  }
  try {
    const { roster, names } = parseOptions(splitOptions(options));
    return {
      roster: [...new Set([...stated.roster, ...roster])],
      names: new Map([...stated.names, ...names]),
    };
  } catch (reason) {
    throw new UsageError(`--opt: ${reason instanceof Error ? reason.message : String(reason)}`);
  }
}

const NONE: Options = { roster: [], names: new Map() };
