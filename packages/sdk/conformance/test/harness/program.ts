import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { fromJson, fromJsonString, type JsonObject, toJsonString } from "@bufbuild/protobuf";
import {
  AdapterRequestSchema,
  AdapterResponseSchema,
  type AdapterResponse,
  type RunResponse,
} from "@ameideio/conformance-proto";
import { afterAll, beforeAll } from "vitest";
import { readFrames, toFrame } from "../../src/frames.js";

// The program itself, as the runner starts it.
const program = fileURLToPath(new URL("../../dist/adapter.js", import.meta.url));
const waiting = new Map<bigint, (response: AdapterResponse) => void>();
let child: ChildProcess;
let ids = 0n;

beforeAll(() => {
  child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  void (async () => {
    for await (const text of readFrames(child.stdout as AsyncIterable<Uint8Array>)) {
      const response = fromJsonString(AdapterResponseSchema, text);
      waiting.get(response.id)?.(response);
    }
  })();
});

afterAll(() => {
  child.kill();
});

/** Asks the adapter. */
export function ask(request: JsonObject): Promise<AdapterResponse["result"]> {
  const id = ++ids;
  const message = fromJson(AdapterRequestSchema, { id: String(id), ...request });
  child.stdin?.write(toFrame(toJsonString(AdapterRequestSchema, message)));
  return new Promise((resolve) => waiting.set(id, ({ result }) => resolve(result)));
}

/** Lets the adapter run a case and says what happened. */
export async function ran(run: JsonObject): Promise<RunResponse> {
  const result = await ask({
    run: { entry: "generic", protocol: "connect", format: "binary", ...run },
  });
  if (result.case !== "run") {
    throw new Error(`the adapter answered ${result.case}: ${JSON.stringify(result.value)}`);
  }
  return result.value;
}
