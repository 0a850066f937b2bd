import { afterAll, expect, test } from "vitest";
import { inCi } from "@ameideio/scripts/in_ci.mjs";
import { VERDICTS } from "@ameideio/scripts/verdicts.mjs";
import { loadAdapters } from "../../src/adapter/adapters.js";
import { prepareAdapters } from "../../src/adapter/prepare_adapters.js";
import { ADAPTERS, CASES, KNOWN_FAILING } from "../../src/common/folders.js";
import { loadCases } from "../../src/suite/load_cases.js";
import { type Filter, isLimited, showCombination } from "../../src/suite/plan.js";
import { openVerdicts, writeMatrices } from "../../src/report/matrix_verdict.js";
import { loadKnownFailing } from "../../src/suite/known_failing.js";
import { type CaseResult, runSuite } from "../../src/run/run_suite.js";

/**
 * Runs every case on every SDK, and makes one test of each combination, so that they are counted. The
 * verdicts of a whole run are left for the gate.
 */
export async function testSuite(filter: Filter): Promise<void> {
  const { cases } = loadCases([CASES]);
  const { knownFailing } = loadKnownFailing(KNOWN_FAILING);
  const prepared = await prepareAdapters(loadAdapters(ADAPTERS.path, ADAPTERS.root), inCi());
  const { adapters, leftOut } = prepared;
  for (const line of leftOut) {
    process.stderr.write(`${line}\n`);
  }
  const whole = filter.thin !== true && !isLimited(filter);
  const place = await openVerdicts(
    { folder: whole ? VERDICTS : undefined, whole, isOurs: true },
    adapters.map(({ sdk }) => sdk),
  );
  const suite = await runSuite({ cases, knownFailing, adapters, filter });
  writeMatrices(suite, place);
  const { results, problems } = suite;
  const nameOf = ({ case: one, sdk, combination }: CaseResult) =>
    `${one.name} (${[sdk, ...(combination === undefined ? [] : [showCombination(combination)])].join(" ")})`;
  const ran = results.filter(({ verdict }) => verdict === "passed" || verdict === "failed");
  const count = (verdict: CaseResult["verdict"]) =>
    results.filter((result) => result.verdict === verdict).length;

  test.each(ran.map((result) => [nameOf(result), result] as const))("%s", (_name, result) => {
    expect(result.differences).toEqual([]);
  });

  test("nothing is wrong beyond single cases", () => {
    expect([...prepared.problems, ...problems]).toEqual([]);
  });

  test("every case ran on every SDK, unless a list says why not", () => {
    for (const { sdk } of adapters) {
      const own = results.filter((one) => one.sdk === sdk);
      const seen = new Set(own.map((one) => one.case.name));
      const clients = new Set(own.map((one) => one.combination?.httpClient ?? ""));
      // A case may be for HTTP clients that are not in every language.
      const due = cases.filter(
        ({ message: { httpClients } }) =>
          httpClients.length === 0 || httpClients.some((name) => clients.has(name)),
      );
      expect(due.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
    }
  });

  afterAll(() => {
    process.stdout.write(
      `${ran.length} combinations ran, ${count("skipped")} wait in known_failing.yaml, ${count("unable")} are beyond a language\n`,
    );
  });
}
