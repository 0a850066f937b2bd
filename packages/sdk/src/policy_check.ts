#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type DescService, fromJsonString } from "@bufbuild/protobuf";
import { ClientPolicySchema } from "@ameideio/core-proto/ameide/policy/v1";
import { readDocument } from "./document.js";
import { BEHAVIOR_1 } from "./policy.js";
import { problemsIn, readServices, type Services } from "./policy_image.js";

const HELP = `usage: ameide-policy check [--image <image>]... [<file>...]

Checks policy documents (ameide.policy.v1.ClientPolicy as JSON) before they are
rolled out. A running SDK passes over fields it does not know, so that it can
read a newer document; this command refuses them.

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
      return report(image, [reason], 2);
    }
  }
  if (images.length > 0 && services.size === 0) {
    return report(images.join(", "), ["has no service to check with"], 2);
  }
  if (files.length === 0) {
    return report(images.join(", "), problemsIn(services), 1);
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
    return report(file, [reason], 2);
  }
  try {
    const policy = fromJsonString(ClientPolicySchema, text);
    const document = readDocument(policy, BEHAVIOR_1.maxMaxAttempts);
    return report(file, services === undefined ? [] : problemsIn(services, document), 1);
  } catch (reason) {
    return report(file, [reason], 1);
  }
}

// Without a problem it is good.
function report(what: string, problems: readonly unknown[], code: number): number {
  for (const problem of problems) {
    const message = problem instanceof Error ? problem.message : String(problem);
    process.stderr.write(`${what}: ${message}\n`);
  }
  if (problems.length > 0) {
    return code;
  }
  process.stdout.write(`${what}: good\n`);
  return 0;
}
