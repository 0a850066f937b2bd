import { create } from "@bufbuild/protobuf";
import { type DescribeResponse, RunRequestSchema } from "@ameideio/conformance-proto";
import type { AdapterCommand } from "../adapter/adapter_process.js";
import { AdapterSession } from "../adapter/adapter_session.js";
import { compareCombination } from "../compare/combination.js";
import { compare, type Seen } from "../compare/compare.js";
import type { Difference } from "../compare/difference.js";
import type { LoadedCase } from "../suite/load_file.js";
import { mapLimit } from "../common/map_limit.js";
import {
  type CasePlan,
  type Combination,
  type Filter,
  isLimited,
  layerOf,
  planCase,
  showCombination,
  wants,
} from "../suite/plan.js";
import { abilityProblems } from "../suite/abilities.js";
import { wrongConstants } from "../common/policy_json.js";
import { type KnownFailing, type Skip, skipOf } from "../suite/known_failing.js";
import { type Ran, WireRunner } from "./wire.js";

/** Number of simultaneous cases by layer. */
const AT_ONCE = { memory: 64, wire: 16 };

/** Number of combinations in memory from which on a second adapter shares the work. */
const WORTH_A_SECOND = 400;

export interface SuiteOptions {
  readonly cases: readonly LoadedCase[];
  readonly knownFailing: KnownFailing;
  readonly adapters: readonly AdapterCommand[];
  readonly filter?: Filter;
  /** Time without a word after which an adapter that owes an answer fails. Default 10000. */
  readonly silenceMs?: number;
  /** Receives the adapters' output on standard error. */
  readonly onStderr?: ((text: string) => void) | undefined;
}

/** Result of one case in one combination, or on one SDK if it did not get so far. */
export interface CaseResult {
  readonly case: LoadedCase;
  readonly sdk: string;
  readonly combination: Combination | undefined;
  /** `unable` where the SDK's language lacks what the case needs. */
  readonly verdict: "passed" | "failed" | "skipped" | "unable";
  readonly differences: readonly Difference[];
  /** Reason for skipping it, or why it cannot be run. */
  readonly reason: string | undefined;
  readonly seen: Seen | undefined;
}

export interface SuiteResult {
  readonly results: readonly CaseResult[];
  /** Problems beyond single cases: of known_failing.yaml, of adapters. */
  readonly problems: readonly string[];
  readonly sdks: readonly { readonly sdk: string; readonly version: string }[];
}

/** Runs cases on SDKs, one SDK after the other. Never rejects because of an adapter. */
export async function runSuite(options: SuiteOptions): Promise<SuiteResult> {
  const results: CaseResult[] = [];
  const problems: string[] = [];
  const sdks: { sdk: string; version: string }[] = [];
  for (const command of options.adapters) {
    const run = new SdkRun(command, options);
    const version = await run.run();
    results.push(...run.results);
    problems.push(...run.problems.map((problem) => `${command.sdk}: ${problem}`));
    sdks.push({ sdk: command.sdk, version });
  }
  return { results: withHashes(results), problems, sdks };
}

class SdkRun {
  readonly results: CaseResult[] = [];
  readonly problems: string[] = [];
  private readonly sdk: string;
  private readonly without: NonNullable<AdapterCommand["without"]>;
  private readonly sessions: readonly [AdapterSession, AdapterSession];
  private readonly wire: WireRunner;

  constructor(
    command: AdapterCommand,
    private readonly options: SuiteOptions,
  ) {
    const { silenceMs = 10_000, onStderr } = options;
    this.sdk = command.sdk;
    this.without = command.without ?? {};
    const session = () =>
      new AdapterSession(command, { silenceMs, onStderr, window: AT_ONCE.memory / 2 });
    this.sessions = [session(), session()];
    this.wire = new WireRunner(this.sessions[0]);
  }

  /** @returns Version of the SDK, empty if the adapter does not state it. */
  async run(): Promise<string> {
    try {
      const described = await this.sessions[0].describe();
      if (described.sdk !== this.sdk) {
        this.problems.push(`its adapter says that it is ${described.sdk}`);
      }
      this.problems.push(...wrongConstants(described.constants));
      this.problems.push(...this.abilityProblems(described));
      await this.runAll({ ...described, sdk: this.sdk });
      return described.version;
    } catch (reason) {
      const failure = reason instanceof Error ? reason.message : String(reason);
      for (const one of this.options.cases) {
        this.add(one, undefined, adapterFailed(failure));
      }
      return "";
    } finally {
      this.problems.push(...this.sessions.flatMap(({ problems }) => problems));
      await this.wire.close();
      await Promise.all(this.sessions.map((session) => session.close()));
    }
  }

  private async runAll(described: DescribeResponse): Promise<void> {
    const { cases, knownFailing, filter } = this.options;
    const work: { one: LoadedCase; combination: Combination; skip: Skip | undefined }[] = [];
    for (const one of cases) {
      const skip = skipOf(knownFailing, one, this.sdk);
      const plan = planCase(one, described, filter);
      this.reportMissing(one, plan, skip);
      if (plan.unable.length > 0) {
        this.addUnable(one, plan, skip);
        continue;
      }
      work.push(...plan.combinations.map((combination) => ({ one, combination, skip })));
      // Abilities of another HTTP client do not excuse the language's own.
      const isEmpty =
        plan.missing.length === 0 && plan.combinations.every(({ httpClient }) => httpClient !== "");
      if (isEmpty && wants(one, "native") && this.isUnfiltered()) {
        const expected = "the SDK has an entry, a protocol, a format and an HTTP version for it";
        this.add(one, undefined, [{ step: "plan", what: "", expected, seen: "it has not" }], {
          skip,
        });
      }
    }
    for (const layer of ["memory", "wire"] as const) {
      const part = work.filter(({ one }) => layerOf(one) === layer);
      const share = part.length < WORTH_A_SECOND ? 1 : 2;
      await mapLimit(
        [...part.entries()],
        AT_ONCE[layer],
        async ([i, { one, combination, skip }]) => {
          const { result, requests, processEnd } =
            layer === "memory"
              ? await this.runInMemory(one, combination, this.sessions[i % share === 0 ? 0 : 1])
              : await this.wire.run(one, combination);
          if ("failure" in result) {
            this.add(one, combination, adapterFailed(result.failure), { skip });
          } else {
            const { response } = result;
            const seen = { response, requests, processEnd, protocol: combination.protocol };
            const differences = compare(one, seen);
            compareCombination(combination, requests, differences);
            this.add(one, combination, differences, { skip, seen });
          }
        },
      );
    }
    // Cells end in any order; the results are sorted in the order of the cases.
    const order = new Map(cases.map((one, i) => [one, i]));
    const place = ({ case: one, combination }: CaseResult): readonly [number, string] => [
      order.get(one) ?? 0,
      combination === undefined ? "" : showCombination(combination),
    ];
    this.results.sort((a, b) => {
      const [[one, left], [other, right]] = [place(a), place(b)];
      return one - other || left.localeCompare(right);
    });
    if (this.isUnfiltered()) {
      this.reportNeedlessSkips();
    }
  }

  private isUnfiltered(): boolean {
    return !isLimited(this.options.filter);
  }

  private async runInMemory(
    one: LoadedCase,
    combination: Combination,
    session: AdapterSession,
  ): Promise<Ran> {
    const { given, server } = one.message;
    const { entry, protocol, format, httpClient } = combination;
    const request = create(RunRequestSchema, {
      ...(given === undefined ? {} : { given }),
      ...(server === undefined ? {} : { script: server }),
      entry,
      protocol,
      format,
      httpClient,
    });
    const result = await session.run(() => request);
    return { result, requests: "response" in result ? result.response.requests : [] };
  }

  private reportMissing(one: LoadedCase, { missing }: CasePlan, skip: Skip | undefined): void {
    if (missing.length === 0) {
      return;
    }
    const expected = `the SDK has ${missing.join(", ")}`;
    const seen = "it has not, and no line of known_failing.yaml covers it";
    this.add(one, undefined, [{ step: "plan", what: "", expected, seen }], { skip });
  }

  private abilityProblems({ abilities }: DescribeResponse): string[] {
    const { cases, knownFailing } = this.options;
    const isWhole = cases.length === knownFailing.caseCount;
    return abilityProblems(abilities, this.without, isWhole ? cases : undefined);
  }

  private addUnable(one: LoadedCase, plan: CasePlan, skip: Skip | undefined): void {
    const undeclared = plan.unable.filter((ability) => !(ability in this.without));
    if (undeclared.length > 0) {
      const expected = `its adapter describes the ability ${undeclared.join(", ")}`;
      const seen =
        "it does not, and without of adapters.yaml does not say that the language lacks it";
      this.add(one, undefined, [{ step: "plan", what: "", expected, seen }], { skip });
      return;
    }
    const reason = `needs ${plan.unable.join(", ")}, which the language lacks`;
    for (const combination of plan.combinations) {
      this.put(one, combination, { verdict: "unable", reason });
    }
  }

  private add(
    one: LoadedCase,
    combination: Combination | undefined,
    differences: readonly Difference[],
    { skip, seen }: { skip?: Skip | undefined; seen?: Seen } = {},
  ): void {
    const failed = skip === undefined ? "failed" : "skipped";
    this.put(one, combination, {
      verdict: differences.length === 0 ? "passed" : failed,
      differences,
      reason: differences.length === 0 ? undefined : skip?.reason,
      seen,
    });
  }

  private put(
    one: LoadedCase,
    combination: Combination | undefined,
    result: Pick<CaseResult, "verdict"> & Partial<CaseResult>,
  ): void {
    const nothing = { differences: [], reason: undefined, seen: undefined };
    this.results.push({ case: one, sdk: this.sdk, combination, ...nothing, ...result });
  }

  // A known failure that passes has to be taken off the list.
  private reportNeedlessSkips(): void {
    for (const one of this.options.cases) {
      if (skipOf(this.options.knownFailing, one, this.sdk) === undefined) {
        continue;
      }
      const own = this.results.filter((result) => result.case === one);
      if (own.every(({ verdict }) => verdict === "passed")) {
        this.problems.push(`${one.name} passes: take it off the list`);
      }
    }
  }
}

function adapterFailed(failure: string): Difference[] {
  return [{ step: "adapter", what: "", expected: "an answer", seen: failure }];
}

// Checks what no case can state: the effective policy is the same in every language and through
// each entry.
function withHashes(results: readonly CaseResult[]): CaseResult[] {
  const first = new Map<LoadedCase, CaseResult>();
  return results.map((result) => {
    const hash = result.seen?.response.policyHash ?? "";
    if (hash === "") {
      return result;
    }
    const before = first.get(result.case) ?? result;
    first.set(result.case, before);
    const expected = before.seen?.response.policyHash ?? "";
    if (expected === hash) {
      return result;
    }
    const difference = {
      step: "explain",
      what: "hash of the effective policy",
      expected: `${expected}, as ${before.sdk} ${before.combination?.entry}`,
      seen: hash,
    };
    return {
      ...result,
      verdict: "failed" as const,
      differences: [...result.differences, difference],
    };
  });
}
