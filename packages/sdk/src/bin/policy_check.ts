#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { DescService, JsonObject } from "@bufbuild/protobuf";
import { printable } from "../errors/bounded_text.js";
import { didYouMean } from "../errors/did_you_mean.js";
import { inspectDocument } from "../config/policy_document.js";
import { NoJson, placesOf } from "./json_places.js";
import { BEHAVIOR_1 } from "../policy/policy.js";
import { misfitsIn, readServices, type Services } from "./policy_image.js";

const HELP = `usage: ameide-policy check [--image <image>]... [<file>...]

Checks policy documents (ameide.policy.v1.ClientPolicy as JSON) before they are
rolled out, and names all that is wrong in them, a line each: FILE:LINE: path:
what. A running SDK passes over fields it does not know, so that it can read a
newer document; this command refuses them.

With images of the protos, made by \`buf build -o image.binpb\` or by
\`protoc --include_imports --include_source_info --descriptor_set_out=…\`, it
refuses selectors that select nothing and names of fields that are not there,
also those that the protos state themselves. Several images count as one.
Without a document, it checks the protos alone.

Exit code: 0 all are good, 1 one is not, 2 wrong arguments or no such file.
`;

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const given = read(args);
  if (given === undefined) {
    process.stderr.write(HELP);
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
      readServices(readFileSync(image)).forEach((service, name) => services.set(name, service));
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
  return Math.max(...files.map((file) => check(file, images.length > 0 ? services : undefined)));
}

function read(args: readonly string[]): "help" | { images: string[]; files: string[] } | undefined {
  try {
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
    return command === "check" && files.length + images.length > 0 ? { images, files } : undefined;
  } catch {
    return undefined;
  }
}

function check(file: string, services: Services | undefined): number {
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
  const misfits = services === undefined ? [] : misfitsIn(services, document);
  const problems = [
    ...unknown.map(({ path, name, known, got, why }) =>
      at(path, why ?? `${didYouMean(name, known)}is not known${got}`),
    ),
    ...faults.map(({ option, rule, got }) => at(option, rule + got)),
    ...misfits.map(({ selector, member, text: what }) => {
      const place = selector === undefined ? undefined : places.get(selector);
      return place === undefined ? { text: what } : at(member(place), what);
    }),
  ];
  return report(file, problems.sort(byLine), 1);
}

// What the parser of JSON says may quote the text, and names no line.
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
  return reason instanceof Error ? reason.message : String(reason);
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

// Without a problem it is good.
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
