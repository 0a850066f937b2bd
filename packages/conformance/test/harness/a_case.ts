import { fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { RunResponseSchema } from "@ameideio/conformance-proto";
import { stringify } from "yaml";
import type { Seen } from "../../src/compare/compare.js";
import { type LoadedCase, loadFile, showProblem } from "../../src/suite/load_file.js";

/** A case that expects this, with one unary call. */
export function caseWith(expect: JsonObject, more: JsonObject = {}): LoadedCase {
  const call = { method: "Idempotent", text: "hello" };
  const count: JsonObject = expect.requests === undefined ? { request_count: 1 } : {};
  const one = {
    name: "t01 test",
    layer: "memory",
    given: { steps: [{ call }] },
    server: { answers: [{ ok: "done" }] },
    expect: { outcomes: [{ ok: "done" }], ...count, ...expect },
    ...more,
  };
  const control = { ...one, name: "t01 control: goes well" };
  const text = `# Test.\n${stringify({ cases: [one, control] })}`;
  const { cases, problems } = loadFile(text, { file: "t01.yaml", area: "test" });
  if (cases[0] === undefined) {
    throw new Error(problems.map(showProblem).join("\n"));
  }
  return cases[0];
}

/** What happened, as an adapter reports it; by default one call that ended well. */
export function seen(response: Readonly<Record<string, JsonValue>> = {}): Seen {
  const message = fromJson(RunResponseSchema, {
    outcomes: [{ ok: "done", durationMs: 5 }],
    requests: [{ method: "POST" }],
    leaks: {},
    ...response,
  });
  return { response: message, requests: message.requests };
}
