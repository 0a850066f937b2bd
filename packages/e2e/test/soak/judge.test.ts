import { describe, expect, it } from "vitest";
import { recoveryOf } from "../../src/soak/judge.js";
import type { CallRecord } from "../../src/soak/records.js";

const WINDOW = { at: 1_000, healedAt: 1_000 };

describe("the time to recover", () => {
  it("is none where no probe was held up", () => {
    expect(recoveryOf(WINDOW, probes([1_000, 900], [1_100, 900]), [])).toBe(0);
  });

  it("is that of the first probe after the last one that failed or was held up", () => {
    const calls = [
      probe(1_000, 6_000, "deadline"),
      probe(1_100, 900),
      probe(1_200, 3_000),
      probe(1_300, 900),
      probe(1_400, 900),
    ];
    expect(recoveryOf(WINDOW, calls, [])).toBe(300);
  });

  it("counts from when every new connection is served", () => {
    const calls = probes([1_000, 6_000], [4_500, 900]);
    expect(recoveryOf({ at: 1_000, healedAt: 4_000 }, calls, [])).toBe(500);
    expect(recoveryOf({ at: 1_000, healedAt: 5_000 }, calls, [])).toBe(0);
  });

  it("is never where the last probe was held up", () => {
    expect(recoveryOf(WINDOW, probes([1_000, 900], [1_100, 6_000]), [])).toBe(null);
  });

  it("leaves out the time that the processes did not have", () => {
    const starved = [
      { at: 900, ms: 400 },
      { at: 1_250, ms: 200 },
      { at: 1_900, ms: 900 },
    ];
    const calls = probes([1_000, 6_000], [1_500, 900]);
    expect(recoveryOf(WINDOW, calls, starved)).toBe(300);
    expect(recoveryOf(WINDOW, probes([1_000, 2_000], [1_100, 900]), starved)).toBe(0);
  });

  it("looks at probes alone: workers begin nothing while they wait", () => {
    const worker: CallRecord = { kind: "unknown", begin: 1_500, end: 7_500, why: "deadline" };
    expect(recoveryOf(WINDOW, [...probes([1_000, 900]), worker], [])).toBe(0);
  });
});

function probes(...given: readonly (readonly [begin: number, tookMs: number])[]): CallRecord[] {
  return given.map(([begin, tookMs]) => probe(begin, tookMs));
}

function probe(begin: number, tookMs: number, why?: string): CallRecord {
  return {
    kind: "idempotent",
    probe: true,
    begin,
    end: begin + tookMs,
    ...(why !== undefined && { why }),
  };
}
