// An adapter that is wrong: it passes everything on to a real one and spoils it by one fault.
//   node adapter.js <name of the fault, or nothing> <program> <argument…>
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fromJsonString, toJsonString } from "@bufbuild/protobuf";
import {
  type AdapterRequest,
  AdapterRequestSchema,
  AdapterResponseSchema,
  type RunRequest,
} from "@ameideio/conformance-proto";
import { encodeFrame, FrameReader } from "../adapter/adapter_frames.js";
import { FAULTS } from "./faults.js";

const [, , name = "", program = "", ...args] = process.argv;
const fault = FAULTS.find((one) => one.name === name);
if (fault === undefined && name !== "") {
  throw new Error(`there is no such fault: ${name}`);
}

const real = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
real.once("exit", (code) => process.exit(code ?? 1));
const asked = new Map<bigint, RunRequest>();

passOn(process.stdin, real.stdin, (json) => {
  const request: AdapterRequest = fromJsonString(AdapterRequestSchema, json);
  if (request.action.case === "run") {
    // Request before it is spoiled.
    const original = fromJsonString(AdapterRequestSchema, json).action.value as RunRequest;
    asked.set(request.id, original);
    fault?.request?.(request.action.value);
  }
  return toJsonString(AdapterRequestSchema, request);
});
process.stdin.once("end", () => real.stdin.end());

passOn(real.stdout, process.stdout, async (json) => {
  const response = fromJsonString(AdapterResponseSchema, json);
  const { result } = response;
  const request = asked.get(response.id);
  asked.delete(response.id);
  if (result.case === "describe") {
    fault?.describe?.(result.value);
  }
  if (result.case === "run" && request !== undefined) {
    await fault?.response?.(result.value, request);
  }
  return toJsonString(AdapterResponseSchema, response);
});

function passOn(
  from: Readable,
  to: Writable,
  spoil: (json: string) => string | Promise<string>,
): void {
  const reader = new FrameReader();
  from.on("data", (chunk: Buffer) => {
    for (const json of reader.push(chunk)) {
      void Promise.resolve(spoil(json)).then((spoiled) => to.write(encodeFrame(spoiled)));
    }
  });
}
