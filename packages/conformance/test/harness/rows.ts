import type { JsonObject } from "@bufbuild/protobuf";
import { compare } from "../../src/compare/compare.js";
import { caseWith, seen } from "./a_case.js";

/** What is expected, what happened as it should, and what did not, with the step that says so. */
export type Row = readonly [
  what: string,
  expected: JsonObject,
  good: JsonObject,
  bad: JsonObject,
  step: string,
];

/** The steps that differ in the good and in the bad run of a row. */
export function stepsOf([, expected, good, bad]: Row): { good: string[]; bad: string[] } {
  const one = caseWith(expected);
  // As many requests as the case states, where the row says nothing of them.
  const stated = one.message.expect?.requests ?? [];
  const requests =
    expected["requests"] === undefined ? {} : { requests: stated.map(() => ({ method: "POST" })) };
  const steps = (response: JsonObject) =>
    compare(one, seen({ ...requests, ...response })).map(({ step }) => step);
  return { good: steps(good), bad: steps(bad) };
}

export const header = (name: string, value: string) => ({ name, value });

/** Requests with these headers, 10 ms apart. */
export const requests = (...headers: { name: string; value: string }[][]): JsonObject => ({
  requests: headers.map((own, i) => ({
    method: "POST",
    headers: own,
    bodySha256: `hash ${i % 2}`,
    atMs: 10 * i,
  })),
});

/** One call that failed so. */
export const failed = (error: JsonObject): JsonObject => ({
  outcomes: [{ durationMs: 5, error: { code: "unavailable", ...error } }],
});

/** An expectation of one call that fails so. */
export const code = (more: JsonObject): JsonObject => ({
  outcomes: [{ code: "unavailable", ...more }],
});

/** An expectation of these requests. */
export const stated = (...all: JsonObject[]): JsonObject => ({ requests: all });
