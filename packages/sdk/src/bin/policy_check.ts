#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { DescService, JsonObject } from "@bufbuild/protobuf";
import { printable } from "../errors/bounded_text.js";
import { didYouMean } from "../errors/did_you_mean.js";
import type { Unknown } from "../config/json_document.js";
import { inspectDocument } from "../config/policy_document.js";
import { NoJson, placesOf } from "./json_places.js";
import { BEHAVIOR_1 } from "../policy/policy.js";
import { misfitsIn, readServices, type Services } from "./policy_image.js";

const HELP = `Usage: ameide-policy check [--image <image>]... [<file>...]

Checks policy documents (ameide.policy.v1.ClientPolicy as JSON) before they are
rolled out, and names all that is wrong in them, a line each: FILE:LINE: path:
what. A running SDK passes over fields it does not know, so that it can read a
newer document; this command refuses them.

With images of the protos, made by \`buf build -o image.binpb\` or by
\`protoc --include_imports --include_source_info --descriptor_set_out=…\`, it
refuses selectors that select nothing and names of fields that are not there,
including those that the protos state themselves. Several images count as one.
Without a document, it checks the protos alone.

  --image <image>  an image of the protos; may be repeated
  -h, --help       prints this

Exit code 0: all are good; 1: one is not; 2: wrong arguments or no such file.
`;

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  let given: ReturnType<typeof read>;
  try {
    given = read(args);
  } catch (reason) {
    process.stderr.write(`${printable(textOf(reason).split(". ")[0] as string)} (see --help)\n`);
    return 2;
  }
  if (given === "help") {
    process.stdout.write(HELP);
    return 0;
  }
  const { images, files } = given;
  const services = new Map<string, DescService>();
  for (const image of images) {
    try {
      servicesOf(readFileSync(image)).forEach((service, name) => services.set(name, service));
    } catch (reason) {
      return report(image, [{ text: textOf(reason) }], 2);
    }
  }
  if (images.length > 0 && services.size === 0) {
    return report(images.join(", "), [{ text: "has no service to check with" }], 2);
  }
  if (files.length === 0) {
    return report(images.join(", "), misfitsIn(services), 1);
  }
  const image = images.length === 0 ? undefined : { name: images.join(", "), services };
  return Math.max(...files.map((file) => check(file, image)));
}

function read(args: readonly string[]): "help" | { images: string[]; files: string[] } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      image: { type: "string", multiple: true, default: [] },
    },
  });
  const [command, ...files] = positionals;
  const { help, image: images } = values;
  if (help) {
    return "help";
  }
  if (command !== "check") {
    throw new Error(
      command === undefined
        ? "nothing to do: the command is check"
        : `there is no command ${command}: the command is check`,
    );
  }
  if (files.length + images.length === 0) {
    throw new Error("nothing to check: name a policy document, or protos by --image");
  }
  return { images, files };
}

function servicesOf(image: Uint8Array): Services {
  try {
    return readServices(image);
  } catch (reason) {
    throw new Error(`is no image of protos, as \`buf build -o\` makes: ${textOf(reason)}`, {
      cause: reason,
    });
  }
}

function check(
  file: string,
  image: { readonly name: string; readonly services: Services } | undefined,
): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (reason) {
    return report(file, [{ text: textOf(reason) }], 2);
  }
  let json: JsonObject;
  try {
    json = JSON.parse(text) as JsonObject;
  } catch (reason) {
    return report(file, [notJson(text, textOf(reason))], 1);
  }
  const { document, faults, unknown, places } = inspectDocument(json, BEHAVIOR_1.maxMaxAttempts);
  const lines = placesOf(text);
  const at = (path: string, what: string): Problem => {
    const line = lines.get(path);
    return { text: path === "" ? what : `${path}: ${what}`, ...(line !== undefined && { line }) };
  };
  const misfits = image === undefined ? [] : misfitsIn(image.services, document);
  const [ofProtos, ofDocument] = [
    misfits.filter(({ selector }) => selector === undefined),
    misfits.filter(({ selector }) => selector !== undefined),
  ];
  const problems = [
    ...unknown.map((each) => at(each.path, each.why ?? notKnown(each))),
    ...faults.map(({ option, rule, got }) => at(option, rule + got)),
    ...ofDocument.map(({ selector, member, text: what }) => {
      const place = selector === undefined ? undefined : places.get(selector);
      return place === undefined ? { text: what } : at(member(place), what);
    }),
  ];
  const code = report(file, problems.sort(byLine), 1);
  return ofProtos.length === 0 ? code : report(image?.name ?? file, ofProtos, 1);
}

function notKnown({ name, known, got }: Unknown): string {
  const hint = didYouMean(name, known);
  // The zero of an enum is a known value that states nothing.
  const stated = known.filter((each) => !each.endsWith("_UNSPECIFIED"));
  const all = hint === "" && stated.length > 0 ? `; known here: ${stated.join(", ")}` : "";
  return `${hint}is not known${got}${all}`;
}

// The JSON parser's message may quote the text, and names no line.
function notJson(text: string, message: string): Problem {
  const what = `is no JSON: ${printable(message)}`;
  try {
    placesOf(text);
    return { text: what };
  } catch (reason) {
    return reason instanceof NoJson ? { line: reason.line, text: what } : { text: what };
  }
}

function textOf(reason: unknown): string {
  if (!(reason instanceof Error)) {
    return String(reason);
  }
  return "code" in reason && reason.code === "ENOENT" ? "there is no such file" : reason.message;
}

interface Problem {
  readonly line?: number;
  readonly text: string;
}

function byLine(a: Problem, b: Problem): number {
  return (a.line ?? Infinity) === (b.line ?? Infinity)
    ? 0
    : (a.line ?? Infinity) - (b.line ?? Infinity);
}

// Reports success if there are no problems.
function report(what: string, problems: readonly Problem[], code: number): number {
  for (const { line, text } of problems) {
    process.stderr.write(`${line === undefined ? what : `${what}:${line}`}: ${text}\n`);
  }
  if (problems.length > 0) {
    return code;
  }
  process.stdout.write(`${what}: good\n`);
  return 0;
}
