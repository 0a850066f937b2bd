import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { FAULTS } from "./faults/index.js";

/** Request of the command line. */
export type Request =
  | { readonly command: "help" }
  | { readonly command: "show"; readonly row: number }
  | { readonly command: "json" }
  | { readonly command: "serve"; readonly port: number };

/** Arguments that make no sense, in one line. */
export class ArgumentError extends Error {
  override name = "ArgumentError";
}

/** The text of `--help`. It is a file, so that it can be shown before anything is built. */
export function helpText(): string {
  return readFileSync(new URL("../../demo/help.txt", import.meta.url), "utf8");
}

const DEFAULT_PORT = 8080;
const OPTIONS = "--case N, --json, --serve, --port N, --help";

/**
 * Reads the command's arguments.
 *
 * @throws ArgumentError naming the options there are.
 */
export function readArguments(argv: readonly string[]): Request {
  const given = parse(argv);
  if (given.help === true) {
    return { command: "help" };
  }
  if (given.case !== undefined && (given.json === true || given.serve === true)) {
    throw new ArgumentError(`--case goes with neither --json nor --serve`);
  }
  if (given.json === true && given.serve === true) {
    throw new ArgumentError("--json and --serve exclude each other");
  }
  if (given.port !== undefined && given.serve !== true) {
    throw new ArgumentError("--port goes with --serve only");
  }
  if (given.json === true) {
    return { command: "json" };
  }
  if (given.serve === true) {
    const port = integer("--port", given.port ?? String(DEFAULT_PORT), { from: 0, to: 65_535 });
    return { command: "serve", port };
  }
  return {
    command: "show",
    row: integer("--case", given.case ?? "1", { from: 1, to: FAULTS.length }),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        case: { type: "string" },
        json: { type: "boolean" },
        serve: { type: "boolean" },
        port: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (reason) {
    // Node's own message goes on for several sentences.
    const [first = ""] = (reason instanceof Error ? reason.message : String(reason)).split(
      /\.\s|\n/,
    );
    throw new ArgumentError(`${first}; the options are ${OPTIONS}`, { cause: reason });
  }
}

function integer(option: string, text: string, range: { from: number; to: number }): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value < range.from || value > range.to) {
    throw new ArgumentError(
      `${option} must be a whole number from ${range.from} to ${range.to}, is "${text}"`,
    );
  }
  return value;
}
