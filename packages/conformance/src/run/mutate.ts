import { create } from "@bufbuild/protobuf";
import {
  type DescribeResponse,
  type RunRequest,
  RunRequestSchema,
} from "@ameideio/conformance-proto";
import type { AdapterCommand } from "../adapter/adapter_process.js";
import { AdapterSession, type RunResult } from "../adapter/adapter_session.js";
import { compare } from "../compare/compare.js";
import type { LoadedCase } from "../suite/load_file.js";
import { mapLimit } from "../common/map_limit.js";
import { type Combination, type LayerName, layerOf, planCase } from "../suite/plan.js";
import { ABILITIES, type Ability } from "../suite/vocabulary.js";
import { WireRunner } from "./wire.js";

export interface MutateOptions {
  readonly adapters: readonly AdapterCommand[];
  readonly cases: readonly LoadedCase[];
  /** Prints one line for people. */
  readonly print: (line: string) => void;
}

/** A constant with another value. */
export interface Mutant {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const AT_ONCE = { memory: 32, wire: 16 };
/** A case that passes by chance on real sockets proves nothing. */
const BASELINE_RUNS = { memory: 1, wire: 3 };
const SILENCE_MS = 20_000;

/**
 * Changes each number of an SDK's policy, one at a time, and looks for a case that then fails.
 *
 * @returns Exit code: 0 if every mutant was killed, 1 if one survives, 2 if there was nothing to
 *   do.
 * @throws AdapterFailure if an adapter cannot describe itself.
 */
export async function runMutate(options: MutateOptions): Promise<number> {
  const { adapters, cases, print } = options;
  const killers: Killers = new Map();
  let alive = 0;
  let tried = 0;
  for (const command of adapters) {
    const printOf =
      adapters.length === 1 ? print : (line: string) => print(`${command.sdk}: ${line}`);
    const run = new MutationRun(command, cases, killers, printOf);
    try {
      const { survivors, killed } = await run.run();
      for (const mutant of survivors) {
        printOf(`${show(mutant)}: SURVIVES`);
      }
      alive += survivors.length;
      const all = killed + survivors.length;
      tried += all;
      print(`mutate: ${command.sdk}: ${killed} killed, ${survivors.length} survive, of ${all}`);
    } finally {
      await run.close();
    }
  }
  if (tried === 0) {
    return 2;
  }
  return alive === 0 ? 0 : 1;
}

/** Returns a small and a large change of a number, each in both directions. */
export function mutantsOf(name: string, from: number): Mutant[] {
  const whole = Number.isInteger(from);
  const small = whole ? 1 : from / 10;
  const large = whole ? Math.max(1, Math.round(from / 2)) : from / 2;
  const values = new Set([from - small, from + small, from - large, from + large]);
  return [...values]
    .filter((to) => to >= 0)
    .map((to) => ({ name, from, to: Number(to.toPrecision(12)) }));
}

/**
 * Cases that have killed a mutant of a constant, by its name in lower camel case, in any SDK: one of
 * them mostly kills the next.
 */
type Killers = Map<string, Set<LoadedCase>>;

class MutationRun {
  private readonly session: MutantSession;
  private readonly wire: WireRunner;
  private readonly unsteady = new Set<LoadedCase>();
  private readonly green: { [layer in LayerName]?: Promise<readonly CaseCell[]> } = {};

  constructor(
    command: AdapterCommand,
    private readonly cases: readonly LoadedCase[],
    private readonly killers: Killers,
    private readonly print: (line: string) => void,
  ) {
    this.session = new MutantSession(command, {
      silenceMs: SILENCE_MS,
      window: AT_ONCE.memory,
      // A mutant may make an adapter fail.
      maxRestarts: 1000,
    });
    this.wire = new WireRunner(this.session);
  }

  async run(): Promise<{ killed: number; survivors: Mutant[] }> {
    const described = await this.session.describe();
    const survivors: Mutant[] = [];
    let killed = 0;
    for (const [name, value] of Object.entries(described.constants)) {
      const lacking = lackingFor(name, described.abilities);
      if (lacking !== undefined) {
        this.print(`${name}: says nothing without the ability ${lacking}`);
        continue;
      }
      const key = camelCase(name);
      const known = this.killers.get(key) ?? new Set();
      this.killers.set(key, known);
      for (const mutant of mutantsOf(name, value)) {
        const killer =
          (await this.firstKiller(mutant, this.cellsOf([...known], described))) ??
          (await this.firstKiller(mutant, await this.greenCells("memory", described))) ??
          (await this.firstKiller(mutant, await this.greenCells("wire", described)));
        if (killer === undefined) {
          survivors.push(mutant);
        } else {
          known.add(killer.one);
          killed++;
          this.print(`${show(mutant)}: killed by ${killer.one.name}`);
        }
      }
    }
    return { killed, survivors };
  }

  async close(): Promise<void> {
    await this.wire.close();
    await this.session.close();
  }

  // One combination of each case is enough: the numbers are the same behind each entry.
  private cellsOf(cases: readonly LoadedCase[], described: DescribeResponse): CaseCell[] {
    return cases.flatMap((one): CaseCell[] => {
      const { combinations, missing, unable } = planCase(one, described);
      const [combination] = combinations;
      const isLeftOut = combination === undefined || missing.length > 0 || unable.length > 0;
      return isLeftOut ? [] : [{ one, combination }];
    });
  }

  private greenCells(layer: LayerName, described: DescribeResponse): Promise<readonly CaseCell[]> {
    return (this.green[layer] ??= this.findGreen(layer, described));
  }

  // Only a passing case can convict a mutant.
  private async findGreen(layer: LayerName, described: DescribeResponse): Promise<CaseCell[]> {
    const all = this.cellsOf(
      this.cases.filter((one) => layerOf(one) === layer),
      described,
    );
    this.session.constants = {};
    const green = new Set<CaseCell>();
    await mapLimit(all, AT_ONCE[layer], async (candidate) => {
      for (let i = 0; i < BASELINE_RUNS[layer]; i++) {
        if (!(await this.passes(candidate))) {
          return;
        }
      }
      green.add(candidate);
    });
    return all.filter((candidate) => {
      const isGreen = green.has(candidate);
      if (!isGreen) {
        this.print(`${candidate.one.name} fails without a mutant: it kills none`);
      }
      return isGreen;
    });
  }

  private async firstKiller(
    { name, to }: Mutant,
    candidates: readonly CaseCell[],
  ): Promise<CaseCell | undefined> {
    const constants = { [name]: to };
    const atOnce = candidates.some(({ combination }) => combination.layer === "wire")
      ? AT_ONCE.wire
      : AT_ONCE.memory;
    for (let rest = candidates.filter(({ one }) => !this.unsteady.has(one)); rest.length > 0;) {
      this.session.constants = constants;
      const tried = new Set<CaseCell>();
      const suspects: CaseCell[] = [];
      await mapLimit(rest, atOnce, async (candidate) => {
        if (suspects.length > 0) {
          return;
        }
        tried.add(candidate);
        if (!(await this.passes(candidate))) {
          suspects.push(candidate);
        }
      });
      for (const suspect of suspects) {
        if (await this.convicts(suspect, constants)) {
          return suspect;
        }
      }
      rest = rest.filter((candidate) => !tried.has(candidate));
    }
    return undefined;
  }

  // On real sockets a case may fail by chance. Only one that fails with the mutant again, and
  // passes without it in between, proves something.
  private async convicts(candidate: CaseCell, constants: Constants): Promise<boolean> {
    this.session.constants = {};
    if (!(await this.passes(candidate))) {
      this.print(`${candidate.one.name} fails now and then without a mutant: it kills none`);
      this.unsteady.add(candidate.one);
      return false;
    }
    this.session.constants = constants;
    return !(await this.passes(candidate));
  }

  private async passes({ one, combination }: CaseCell): Promise<boolean> {
    if (combination.layer === "wire") {
      const { result, requests } = await this.wire.run(one, combination);
      return (
        "response" in result &&
        compare(one, { response: result.response, requests, protocol: combination.protocol })
          .length === 0
      );
    }
    const { given, server: script } = one.message;
    const { entry, protocol, format, httpClient } = combination;
    const request = create(RunRequestSchema, {
      ...(given === undefined ? {} : { given }),
      ...(script === undefined ? {} : { script }),
      entry,
      protocol,
      format,
      httpClient,
    });
    const result = await this.session.run(() => request);
    if (!("response" in result)) {
      return false;
    }
    const { response } = result;
    return compare(one, { response, requests: response.requests, protocol }).length === 0;
  }
}

type Constants = { [name: string]: number };

interface CaseCell {
  readonly one: LoadedCase;
  readonly combination: Combination;
}

/** Session whose requests all carry changed constants. */
class MutantSession extends AdapterSession {
  constants: Constants = {};

  override run(prepare: () => RunRequest | Promise<RunRequest>): Promise<RunResult> {
    const { constants } = this;
    return super.run(async () => {
      const request = await prepare();
      return create(RunRequestSchema, { ...request, constants });
    });
  }
}

// A group of constants has the name of the ability that uses them, if it takes one.
function lackingFor(name: string, abilities: readonly string[]): Ability | undefined {
  const [group = ""] = name.split(".");
  return ABILITIES.find(
    (ability) => camelCase(ability) === camelCase(group) && !abilities.includes(ability),
  );
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function show({ name, from, to }: Mutant): string {
  return `${name} ${from} → ${to}`;
}
