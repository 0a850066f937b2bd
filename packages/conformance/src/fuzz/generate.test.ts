import { equals } from "@bufbuild/protobuf";
import { GivenSchema, ScriptSchema } from "@ameideio/conformance-proto";
import { describe, expect, it } from "vitest";
import { loadFile } from "../load_file.js";
import { generateCase } from "./generate.js";
import { writeCase } from "./write_case.js";

const SEED = 7;
const cases = Array.from({ length: 1500 }, (_, index) => generateCase(SEED, index));

describe("generateCase", () => {
  it("makes the same case for the same seed and index", () => {
    const again = generateCase(SEED, 17);
    const first = cases[17];
    expect(first && equals(GivenSchema, again.given, first.given)).toBe(true);
    expect(first && equals(ScriptSchema, again.script, first.script)).toBe(true);
    expect(equals(GivenSchema, generateCase(SEED + 1, 17).given, again.given)).toBe(false);
  });

  it("reaches every stop reason and every class", () => {
    const errors = cases.flatMap(({ prediction }) =>
      prediction.outcomes.flatMap(({ error }) => (error === null ? [] : [error])),
    );
    const reasons = new Set(errors.map(({ stopReason }) => stopReason ?? "none"));
    expect([...reasons]).toEqual(
      expect.arrayContaining([
        "canceled",
        "committed",
        "not_retryable",
        "not_idempotent",
        "server_pushback",
        "attempts",
        "server_delay",
        "deadline",
        "budget",
      ]),
    );
    const classes = new Set(errors.flatMap(({ attempts }) => attempts.map((one) => one.class)));
    expect([...classes].toSorted()).toEqual([
      "AMBIGUOUS",
      "NEVER",
      "NOT_SENT",
      "THROTTLE",
      "TRANSIENT",
    ]);
  });

  it("makes cases that a case file can hold", () => {
    for (const { given, script, format, protocol, prediction, index } of cases.slice(0, 100)) {
      const name = `fuzz-${SEED}-${index} made-up`;
      const text = writeCase({
        name,
        comment: ["One.\ntwo"],
        given,
        script,
        format,
        protocol,
        prediction,
      });
      expect(loadFile(text, { file: "made_up.yaml", area: "found" }).problems).toEqual([]);
    }
  });
});
