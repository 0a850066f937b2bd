import { equals } from "@bufbuild/protobuf";
import { GivenSchema, ScriptSchema } from "@ameideio/conformance-proto";
import { describe, expect, it } from "vitest";
import { loadFile } from "../../src/suite/load_file.js";
import { generateCase } from "../../src/fuzz/generate.js";
import { writeCase } from "../../src/fuzz/write_case.js";

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

  it("makes streams of every kind, over every protocol, that end in every way", () => {
    const seen = new Set<string>();
    for (const { given, protocol, prediction } of cases) {
      const calls = given.steps.flatMap(({ action }) =>
        action.case === "call" && action.value.parallel === 0 ? [action.value] : [],
      );
      if (calls.length !== prediction.outcomes.length) {
        continue;
      }
      for (const [i, { error, messages, ok }] of prediction.outcomes.entries()) {
        const { method, breakAfter } = calls[i] as (typeof calls)[number];
        const kind = /^(Server|Client|Bidi)Stream/.exec(method)?.[1] ?? "Unary";
        seen.add(`${kind} over ${protocol}`);
        if (ok !== null) {
          seen.add(`${kind} ${messages.length === breakAfter ? "left" : "ended"}`);
          continue;
        }
        const { code, origin, stopReason, committed, attempts } = error as NonNullable<
          typeof error
        >;
        seen.add(`${kind} ${stopReason}${committed ? ", committed" : ""}`);
        if (attempts.length > 1) {
          seen.add(`${kind} repeated`);
        }
        if (code === "deadline_exceeded" && origin === "transport") {
          seen.add(`${kind} ${committed ? "idle" : "without first message"}`);
        }
      }
    }
    const protocols = ["connect", "grpc", "grpc-web"];
    expect([...seen]).toEqual(
      expect.arrayContaining([
        ...["Unary", "Server", "Client", "Bidi"].flatMap((kind) => [
          ...protocols.map((protocol) => `${kind} over ${protocol}`),
          ...["canceled", "deadline", "not_retryable", "not_idempotent", "attempts"].map(
            (reason) => `${kind} ${reason}`,
          ),
          `${kind} ended`,
          `${kind} repeated`,
        ]),
        ...["Server", "Bidi"].flatMap((kind) =>
          [
            "left",
            "idle",
            "committed, committed",
            "canceled, committed",
            "deadline, committed",
          ].map((end) => `${kind} ${end}`),
        ),
        "Server without first message",
        "Server server_pushback",
        "Server server_delay",
        "Server budget",
      ]),
    );
  });

  it("makes calls that wait for a server, and end in every way", () => {
    const ends = new Set<string>();
    for (const { prediction } of cases) {
      for (const { error } of prediction.outcomes) {
        const { attempts = [], stopReason } = error ?? {};
        if (attempts.some(({ transparent, delayMs }) => transparent && delayMs !== 0)) {
          ends.add(String(stopReason));
        }
      }
    }
    const reasons = ["attempts", "canceled", "deadline", "not_idempotent", "not_retryable"];
    expect([...ends]).toEqual(expect.arrayContaining(reasons));
  });

  it("makes cases of what it is given", () => {
    const among = { protocols: ["grpc"], kinds: ["server_streaming"] };
    const made = Array.from({ length: 20 }, (_, index) => generateCase(SEED, index, among));
    const called = made.flatMap(({ given }) =>
      given.steps.flatMap(({ action }) => (action.case === "call" ? [action.value.method] : [])),
    );
    expect(new Set(made.map(({ protocol }) => protocol))).toEqual(new Set(["grpc"]));
    expect(called.filter((method) => !method.startsWith("ServerStream"))).toEqual([]);
  });

  it("makes cases that a case file can hold", () => {
    for (const { given, script, format, protocol, prediction, index } of cases.slice(0, 60)) {
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
