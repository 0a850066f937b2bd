#!/usr/bin/env node
// A client under test for Connect's own conformance suite: `main.js sdk`, or `main.js raw` for the
// client of connect-node as it is. They differ in how a transport is made and in nothing else.
import { readFileSync } from "node:fs";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { version as sdkVersion } from "@ameideio/ameide-sdk-ts";
import {
  type ClientCompatRequest,
  ClientCompatRequestSchema,
  ClientCompatResponseSchema,
} from "@ameideio/conformance-proto/connectrpc/conformance/v1";
import { makeCall } from "./call.js";
import { readFrames, toFrame } from "./frames.js";
import { openRaw } from "./open_raw.js";
import { openSdk } from "./open_sdk.js";
import type { Open } from "./opened.js";

/** Cases at once: most of a case is waiting, and deadlines of a few hundred milliseconds must hold. */
const AT_ONCE = 8;

const WAYS: Readonly<Record<string, Open>> = { raw: openRaw, sdk: openSdk };

if (process.argv.includes("--version")) {
  process.stdout.write(`${versions()}\n`);
  process.exit();
}
const open = WAYS[process.argv[2] ?? ""];
if (open === undefined) {
  throw new Error(`usage: main.js ${Object.keys(WAYS).join("|")}`);
}
const frames = readFrames(process.stdin);
await Promise.all(Array.from({ length: AT_ONCE }, () => work(open)));

function versions(): string {
  const file = new URL("../../package.json", import.meta.resolve("@connectrpc/connect-node"));
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  const sdk = process.argv[2] === "sdk" ? `ameide-sdk-ts ${sdkVersion}, ` : "";
  return `${sdk}connect-node ${version}, node ${process.versions.node}`;
}

async function work(by: Open): Promise<void> {
  for await (const frame of { [Symbol.asyncIterator]: () => ({ next: () => frames.next() }) }) {
    const request = fromBinary(ClientCompatRequestSchema, frame);
    const response = create(ClientCompatResponseSchema, {
      testName: request.testName,
      result: await answer(by, request),
    });
    process.stdout.write(toFrame(toBinary(ClientCompatResponseSchema, response)));
  }
}

async function answer(by: Open, request: ClientCompatRequest) {
  try {
    const opened = by(request);
    try {
      return { case: "response" as const, value: await makeCall(opened.transport, request) };
    } finally {
      opened.close();
    }
  } catch (reason) {
    return { case: "error" as const, value: { message: String(reason) } };
  }
}
