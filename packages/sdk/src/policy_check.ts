#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { fromJsonString } from "@bufbuild/protobuf";
import { ClientPolicySchema } from "@ameideio/core-proto/ameide/policy/v1";
import { readDocument } from "./document.js";
import { BEHAVIOR_1 } from "./policy.js";

const HELP = `usage: ameide-policy check <file>...

Checks policy documents (ameide.policy.v1.ClientPolicy as JSON) before they are
rolled out. A running SDK passes over fields it does not know, so that it can
read a newer document; this command refuses them.

Exit code: 0 all are good, 1 one is not, 2 wrong arguments or no such file.
`;

const [command, ...files] = process.argv.slice(2);
if (command === "--help" || command === "-h") {
  process.stdout.write(HELP);
} else if (command === "check" && files.length > 0) {
  process.exitCode = Math.max(...files.map(check));
} else {
  process.stderr.write(HELP);
  process.exitCode = 2;
}

function check(file: string): number {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (reason) {
    return report(file, reason, 2);
  }
  try {
    readDocument(fromJsonString(ClientPolicySchema, text), BEHAVIOR_1.maxMaxAttempts);
  } catch (reason) {
    return report(file, reason, 1);
  }
  process.stdout.write(`${file}: good\n`);
  return 0;
}

function report(file: string, reason: unknown, code: number): number {
  const message = reason instanceof Error ? reason.message : String(reason);
  process.stderr.write(`${file}: ${message}\n`);
  return code;
}
