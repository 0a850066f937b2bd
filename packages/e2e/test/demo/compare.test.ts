import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { compare, type Comparison } from "../../src/demo/compare.js";
import { decisionOf } from "../../src/demo/decision.js";
import { deviations } from "../../src/demo/expected.js";
import { FAULTS } from "../../src/demo/faults/index.js";
import { redirect } from "../../src/demo/faults/redirect.js";
import { reset } from "../../src/demo/faults/reset.js";
import { toReport } from "../../src/demo/json.js";
import { styleFor } from "../../src/demo/style.js";
import { rowEnd, TITLE, verdictLine } from "../../src/demo/table.js";
import { timeline } from "../../src/demo/timeline.js";
import { World } from "../../src/demo/world.js";

const plain = styleFor({}, {});
const all: Comparison[] = [];

beforeAll(async () => {
  for (const fault of FAULTS) {
    all.push(await compare(fault));
  }
}, 60_000);

const detail = (number: number) => timeline(number, all[number - 1] as Comparison, plain);

describe("timelines", () => {
  test("1 names the line that decided, and the server's count stays", () => {
    expect(detail(1)).toMatch(
      new RegExp(
        [
          /^1 meter\.RecordUsage {2}id [0-9a-f]{8}… {2}key [0-9a-f]{4}…/,
          / +\d+ ms ▶ #1 timeout 10000/,
          / +\d+ ms ✗ reset, request had been read +server: 1 record/,
          / +AMBIGUOUS → retry( after \d+ ms)?: meter\.proto:\d+ declares idempotency_key/,
          / +\d+ ms ▶ #2 same id, same key, timeout 10000/,
          / +\d+ ms ✓ ok +server: still 1 record/,
          / {2}try: delete meter\.proto:\d+, run again → stopped: not_idempotent$/,
        ]
          .map(({ source }) => source)
          .join("\\n"),
      ),
    );
  });

  test.each([
    [
      2,
      /✗ HTTP 503, come back in 1000 ms[^]*TRANSIENT → retry after 1\d{3} ms: meter\.proto:\d+ declares NO_SIDE_EFFECTS/,
    ],
    [3, /▶ #1 timeout 400\n[^]*TRANSIENT → stopped: server_delay: [^]*■ unavailable, 1 attempt/],
    [4, /the first of 100 calls[^]*✓ ok +server: 1 token, \d+ calls?\n[^]*takes a bearer token/],
    [5, /✗ HTTP 307 [^]*→ stopped: not_retryable: no redirect is followed[^]*■ unknown, 1 attempt/],
    [
      6,
      /▶ #1 timeout 1000\n[^]*answer had stalled[^]*AMBIGUOUS → retry[^]*▶ #2 same id, timeout 1000/,
    ],
  ])("%i", (number, pattern) => {
    expect(detail(number)).toMatch(pattern);
  });

  test.each([1, 2, 3, 4, 5, 6])("%i fits the terminal", (number) => {
    expect(
      detail(number)
        .split("\n")
        .filter((line) => line.length > 100),
    ).toEqual([]);
  });
});

describe("the verdict", () => {
  test("counts the calls of ours that ended as expected", () => {
    const [first, ...rest] = all as [Comparison, ...Comparison[]];
    const broken = { ...first, deviations: ["billed is 2, not 1"] };
    expect(verdictLine(all)).toBe("verdict: 6 of 6 as the contract says");
    expect(verdictLine([broken, ...rest])).toBe("verdict: 5 of 6 as the contract says");
    expect(rowEnd(broken, plain)).toMatch(/✗$/);
    expect(toReport([broken, ...rest]).verdict).toBe("fail");
  });

  test("the typical client would fail it", () => {
    const failed = all.filter(
      ({ fault, facts, typical }) =>
        deviations({ ...typical, stopReason: undefined }, fault.expected(facts)).length > 0,
    );
    expect(failed.map(({ fault }) => fault.id)).toContain("reset_after_read");
  });

  test("without a key in the proto, a call that stops is what is expected", () => {
    const { ameide } = all[0] as Comparison;
    const facts = { repeatable: undefined, bearer: true };
    const stopped = {
      ...ameide,
      outcome: "unavailable",
      stopReason: "not_idempotent" as const,
      attempts: ameide.attempts.slice(0, 1),
    };
    expect(deviations(stopped, reset.expected(facts))).toEqual([]);
    expect(deviations(ameide, reset.expected(facts))).toContain("outcome is ok, not unavailable");
    expect(decisionOf(reset, facts).tryThis).toMatch(/^insert after meter\.proto:\d+ option /);
  });
});

test("the second host of the redirect can be reached: who follows is found out", async () => {
  const world = await World.open(redirect.world);
  try {
    await fetch(`${world.url}/ameide.meter.v1.MeterService/RecordUsage`, {
      method: "POST",
      body: "{}",
    });
    expect(world.counts().otherHost).toBe(1);
  } finally {
    await world.close();
  }
});

test("the loop of the typical client is as long as the title says", () => {
  const source = readFileSync(new URL("../../src/demo/typical.ts", import.meta.url), "utf8");
  const loop = /async \(req\) => \{\n([^]*?)\n {2}\};/.exec(source)?.[1] as string;
  expect(TITLE).toContain(`${loop.split("\n").length}-line loop`);
});
