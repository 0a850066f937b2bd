import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CLIENTS } from "../../src/soak/columns.js";
import { PLANTS } from "../../src/soak/plant.js";
import { SCENARIOS } from "../../src/soak/scenarios.js";
import { BOUNDS, LOAD, RAMP_MS, TIMES, WARM_UP_MS } from "../../src/soak/settings.js";

const HELP = read("../../soak/help.txt").replaceAll(/\s+/g, " ");
const PAGE = read("../../../../docs/soak.md");
const ids = SCENARIOS.map(({ id }) => id);

it("the help names every scenario, client and fault", () => {
  expect(HELP).toContain(`some of ${CLIENTS.join(", ")}.`);
  expect(HELP).toContain(`some of ${ids.join(", ")}.`);
  for (const plant of PLANTS) {
    expect(HELP).toMatch(new RegExp(`\\b${plant}\\b`));
  }
});

it("docs/soak.md has a row for each scenario, in their order", () => {
  expect([...PAGE.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id)).toEqual(ids);
});

it("docs/soak.md says what may not fail, and what has to recover", () => {
  const [, keep = ""] = /no idempotent call fails by (.*) \|/.exec(PAGE) ?? [];
  const [, recover = ""] = /recovery from (.*) within/.exec(PAGE) ?? [];
  const named = (text: string) => [...text.matchAll(/`([a-z-]+)`/g)].map(([, id]) => id);
  const having = (key: "keepsCalls" | "recovers") =>
    SCENARIOS.filter((scenario) => scenario[key]).map(({ id }) => id);
  expect(new Set(named(keep.split(" | ")[0] ?? ""))).toEqual(new Set(having("keepsCalls")));
  expect(new Set(named(recover))).toEqual(new Set(having("recovers")));
});

it("docs/soak.md has the numbers of the code", () => {
  const text = PAGE.replaceAll(/\s+/g, " ");
  const s = (ms: number) => `${ms / 1_000} s`;
  const { deadlineMs, attemptMs, connectMs, keepAlive } = TIMES;
  expect(text).toContain(`answer after ${LOAD.leastMs} to ${LOAD.mostMs} ms`);
  expect(text).toContain(
    `deadline ${s(deadlineMs)}, attempt ${s(attemptMs)}, connect ${s(connectMs)}, ` +
      `keepalive after ${s(keepAlive.intervalMs)} with ${s(keepAlive.timeoutMs)} for the answer`,
  );
  expect(text).toContain(`${LOAD.workers} workers`);
  expect(text).toContain(`begins every ${LOAD.probeMs} ms`);
  expect(text).toContain(`took more than ${s(BOUNDS.heldUpMs)}`);
  expect(text).toContain(
    `within ${BOUNDS.recovery} attempt timeouts, ${s(BOUNDS.recovery * attemptMs)}`,
  );
  expect(text).toContain(`without more than ${100 * BOUNDS.missing} % of its time`);
  expect(text).toContain(`workers begin within ${s(RAMP_MS)} one`);
  expect(text).toContain(`began in the first ${s(WARM_UP_MS)} counts nowhere`);
  expect(text).toContain(`its deadline by more than ${BOUNDS.lateMs} ms`);
});

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}
