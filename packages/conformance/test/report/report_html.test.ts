import { Event, Window } from "happy-dom";
import { expect, test } from "vitest";
import { renderHtml } from "../../src/report/report_html.js";
import { makeReport } from "../../src/report/report_json.js";
import type { CaseResult } from "../../src/run/run_suite.js";
import { caseWith, seen } from "../harness/a_case.js";

function result(name: string, more: Partial<CaseResult> = {}): CaseResult {
  const one = { ...caseWith({ budget: 486 }), name, area: "retry" };
  const combination = {
    sdk: "ts",
    layer: "memory",
    entry: "generic",
    protocol: "connect",
    format: "json",
    http: "",
    httpClient: "",
  } as const;
  const rest = { verdict: "passed", differences: [], reason: undefined, seen: seen() } as const;
  return { case: one, sdk: "ts", combination, ...rest, ...more };
}

const BUDGET = { step: "budget", what: "tokens", expected: "486", seen: "500" };

async function open(results: readonly CaseResult[]) {
  const window = new Window({
    settings: {
      enableJavaScriptEvaluation: true,
      suppressInsecureJavaScriptEnvironmentWarning: true,
    },
  });
  const sdks = [{ sdk: "ts", version: "1.2.3" }];
  const html = renderHtml(makeReport({ results, problems: ["ts: odd"], sdks }));
  window.document.write(html);
  await window.happyDOM.waitUntilComplete();
  return window.document;
}

type Page = Awaited<ReturnType<typeof open>>;
const names = (page: Page) =>
  [...page.querySelectorAll("#list .name")].map((one) => one.textContent);

const page = () =>
  open([
    result("r01 good"),
    result("r02 bad", {
      verdict: "failed",
      differences: [BUDGET],
      seen: seen({ budget: 500 }),
    }),
    result("s01 stream", {
      combination: undefined,
      verdict: "skipped",
      reason: "later",
      seen: undefined,
    }),
  ]);

test("the matrix counts, and what is red comes first", async () => {
  const document = await page();
  const cells = [...document.querySelectorAll(".cell")].map((one) => one.textContent);
  expect(cells).toEqual(["○ 1 skipped", "✗ 1/2"]);
  expect(document.querySelector("#totals")?.textContent).toContain("1 passed, 1 failed, 1 skipped");
  expect(document.querySelector("#totals")?.textContent).toContain("ts: odd");
  expect(names(document)).toEqual(["r02 bad"]);
});

test("what the language lacks is neither green nor red, and says why", async () => {
  const reason = "needs cancel, which the language lacks";
  const unable = { verdict: "unable", reason, seen: undefined } as const;
  const document = await open([result("r01 good"), result("r02 canceled", unable)]);
  const cells = [...document.querySelectorAll(".cell")].map((one) => one.textContent);
  expect(cells).toEqual(["✓ 1/1"]);
  expect(document.querySelector("#totals")?.textContent).toMatch(
    /1 passed, 0 failed, 0 skipped, 1 —/,
  );
  const alone = await open([result("r02 canceled", unable)]);
  expect(alone.querySelector(".cell")?.textContent).toBe("— 1");
  expect(alone.querySelector("#list .mark")?.textContent).toBe("—");
  alone.querySelector("#list details")?.dispatchEvent(new Event("toggle"));
  expect(alone.querySelector("#list details")?.textContent).toContain(`unable: ${reason}`);
});

test("a red cell leads to its cases, with both timelines side by side", async () => {
  const document = await page();
  const cell = [...document.querySelectorAll("button.cell.failed")][0];
  (cell as unknown as { click(): void }).click();
  expect(cell?.getAttribute("aria-pressed")).toBe("true");
  expect(names(document)).toEqual(["r02 bad"]);
  const rows = [...document.querySelectorAll("#list tr.differs")].map((row) =>
    [...row.children].map((part) => part.textContent),
  );
  expect(rows).toEqual([["✗ budget", "486 tokens", "500 tokens"]]);
  expect(document.querySelector("#list")?.textContent).toContain("t01.yaml:3");
});

test("text and red only narrow the list", async () => {
  const document = await page();
  const red = document.querySelector("#red") as unknown as { checked: boolean };
  const text = document.querySelector("#text") as unknown as { value: string };
  red.checked = false;
  document.querySelector("#red")?.dispatchEvent(new Event("change"));
  expect(names(document)).toEqual(["r01 good", "r02 bad", "s01 stream"]);
  text.value = "JSON";
  document.querySelector("#text")?.dispatchEvent(new Event("input"));
  expect(names(document)).toEqual(["r01 good", "r02 bad"]);
  expect(document.querySelector("#count")?.textContent).toBe("2 of 3 results");
});
