import { parseArgs } from "node:util";
import { UsageError } from "../cli/arguments.js";

/** Options of the command line. */
export interface ConnectOptions {
  readonly help: boolean;
  readonly verbose: boolean;
  /** Ids of clients; empty for all. */
  readonly clients: readonly string[];
  /** Patterns of cases, in the runner's terms; empty for all. */
  readonly cases: readonly string[];
  /** Folder for the report. */
  readonly report: string | undefined;
}

/**
 * Reads the command line.
 *
 * @throws UsageError that names the option.
 */
export function readConnectArguments(argv: readonly string[]): ConnectOptions {
  const values = parse(argv);
  const { help = false, verbose = false, client: clients = [], run: cases = [], report } = values;
  if (report === "") {
    throw new UsageError("--report must name a folder");
  }
  if (report !== undefined && clients.length + cases.length > 0) {
    throw new UsageError("--report is about whole runs: it excludes --client and --run");
  }
  return { help, verbose, clients, cases, report };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      // pnpm passes its own separator on.
      args: argv.filter((arg) => arg !== "--"),
      strict: true,
      allowPositionals: false,
      options: {
        client: { type: "string", multiple: true },
        run: { type: "string", multiple: true },
        report: { type: "string" },
        verbose: { type: "boolean", short: "v" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (reason) {
    throw new UsageError(reason instanceof Error ? reason.message : String(reason));
  }
}
