import { join } from "node:path";
import { expect, test } from "vitest";
import { loadAdapters } from "../../src/adapter/adapters.js";
import { ADAPTERS, CASES } from "../../src/common/folders.js";
import { runSuite } from "../../src/run/run_suite.js";
import { NONE_KNOWN } from "../../src/suite/known_failing.js";
import { loadCases } from "../../src/suite/load_cases.js";
import { showCombination } from "../../src/suite/plan.js";

// Every cell of TypeScript once more, over the transports that the option `wire` selects.
test(
  "the SDK over Connect's own transports behaves as over its own",
  async () => {
    const { cases } = loadCases([CASES]);
    const adapters = loadAdapters(join(ADAPTERS.path, "../connect_wire.yaml"), ".");
    const { problems, results } = await runSuite({ cases, knownFailing: NONE_KNOWN, adapters });
    const red = results.filter(({ verdict }) => verdict === "failed");
    const told = red.map(({ case: { name }, combination, differences }) => ({
      name,
      combination: combination && showCombination(combination),
      differences,
    }));
    expect({ problems, red: told }).toEqual({ problems: [], red: [] });
    expect(results.filter(({ verdict }) => verdict === "passed").length).toBeGreaterThan(21_000);
  },
  20 * 60_000,
);
