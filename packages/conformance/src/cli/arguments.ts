import { parseArgs } from "node:util";
import type { Options } from "./options.js";
import { ENTRIES, FORMATS, HTTP_CLIENTS, HTTP_VERSIONS, PROTOCOLS } from "../suite/vocabulary.js";

/** Thrown for arguments that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Reads the command line. Options that take several values take them repeated or with commas.
 *
 * @throws UsageError that names the option.
 */
export function readArguments(argv: readonly string[]): Options {
  const values = parse(argv);
  if (values.fuzz !== undefined && values.mutate === true) {
    throw new UsageError("--fuzz and --mutate exclude each other");
  }
  if (values.quick === true && (values.fuzz !== undefined || values.mutate === true)) {
    throw new UsageError("--quick is for cases, not for --fuzz or --mutate");
  }
  return {
    help: values.help ?? false,
    list: values.list ?? false,
    verbose: values.verbose ?? false,
    sdks: split(values.sdk),
    cases: values.case ?? [],
    folders: values.cases ?? [],
    adapters: values.adapters,
    filter: {
      layers: words("layer", values.layer, ["memory", "wire"]),
      entries: words("entry", values.entry, ENTRIES),
      protocols: words("protocol", values.protocol, PROTOCOLS),
      formats: words("format", values.format, FORMATS),
      http: words("http", values.http, HTTP_VERSIONS),
      httpClients: words("http-client", values["http-client"], HTTP_CLIENTS),
      quick: values.quick ?? false,
    },
    report: values.report,
    verdicts: values.verdicts,
    fuzz: values.fuzz === undefined ? undefined : wholeNumber("fuzz", values.fuzz, 1),
    seed: wholeNumber("seed", values.seed ?? "1", 0),
    mutate: values.mutate ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      // pnpm passes its own separator on.
      args: argv.filter((arg) => arg !== "--"),
      strict: true,
      allowPositionals: false,
      options: {
        sdk: { type: "string", multiple: true },
        case: { type: "string", multiple: true },
        cases: { type: "string", multiple: true },
        adapters: { type: "string" },
        layer: { type: "string", multiple: true },
        entry: { type: "string", multiple: true },
        protocol: { type: "string", multiple: true },
        format: { type: "string", multiple: true },
        http: { type: "string", multiple: true },
        "http-client": { type: "string", multiple: true },
        quick: { type: "boolean" },
        seed: { type: "string" },
        report: { type: "string" },
        verdicts: { type: "string" },
        fuzz: { type: "string" },
        mutate: { type: "boolean" },
        list: { type: "boolean" },
        verbose: { type: "boolean", short: "v" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (reason) {
    throw new UsageError(reason instanceof Error ? reason.message : String(reason));
  }
}

function split(values: readonly string[] = []): string[] {
  return values.flatMap((value) => value.split(",")).map((value) => value.trim());
}

function words(option: string, values: readonly string[] | undefined, known: readonly string[]) {
  const list = split(values);
  const unknown = list.find((value) => !known.includes(value));
  if (unknown !== undefined) {
    throw new UsageError(`--${option} must be one of ${known.join(", ")}, is ${unknown}`);
  }
  return list;
}

function wholeNumber(option: string, value: string, least: number): number {
  if (!/^\d{1,15}$/.test(value) || Number(value) < least) {
    throw new UsageError(`--${option} must be a whole number of at least ${least}, is ${value}`);
  }
  return Number(value);
}
