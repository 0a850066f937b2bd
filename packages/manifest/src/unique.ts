import { UserError } from "./user_error.js";

/**
 * Demands that no name is there twice.
 *
 * @param what - What an error says before the first that is.
 * @throws UserError if one is.
 */
export function demandUnique(names: readonly string[], what: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new UserError(`${what} ${name}`);
    }
    seen.add(name);
  }
}
