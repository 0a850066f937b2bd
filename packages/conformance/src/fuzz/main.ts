import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AdapterCommand } from "../adapter/adapter_process.js";
import { AdapterSession } from "../adapter/adapter_session.js";
import { mapLimit } from "../common/map_limit.js";
import type { Filter } from "../suite/plan.js";
import { generateCase, type GeneratedCase } from "./generate.js";
import { predict } from "./model.js";
import { FuzzRunner, type Subject } from "./runner.js";
import { shrink, type Shrinkable } from "./shrink.js";
import { writeCase } from "./write_case.js";

/** Options of {@link runFuzz}. */
export interface FuzzOptions extends RunOptions {
  /** SDKs to compare. */
  readonly adapters: readonly AdapterCommand[];
  /** Filter of the runs, of which only the protocols apply. */
  readonly filter?: Filter | undefined;
}

/** Extent of a run, and target of its reports. */
export interface RunOptions {
  /** Number of cases. */
  readonly count: number;
  /** Seed; the same one generates the same cases. */
  readonly seed: number;
  /** Protocols of the calls; empty for all that every SDK speaks. */
  readonly protocols?: readonly string[] | undefined;
  /** Index of the first case. Default 0. */
  readonly from?: number | undefined;
  /** Folder for disagreements. Default `.found` in this package. */
  readonly report?: string | undefined;
  /** Prints one line for people. Default: to standard output. */
  readonly print?: ((line: string) => void) | undefined;
}

const printLine = (line: string): void => void process.stdout.write(`${line}\n`);
const FOUND = fileURLToPath(new URL("../../.found", import.meta.url));
const AT_ONCE = 64;
const SILENCE_MS = 10_000;
const SHOWN = 10;
const PROGRESS_EVERY = 1000;

interface Disagreement {
  readonly generated: GeneratedCase;
  readonly lines: readonly string[];
}

/**
 * Runs generated cases in every SDK and compares outcome, attempts, delays, headers and budget
 * between the SDKs and with the reference model. Disagreements of different kinds are shrunk and
 * written as case files.
 *
 * @returns Exit code: 0 if all agree.
 * @throws AdapterFailure if an adapter cannot be started.
 */
export function runFuzz({ adapters, filter, ...options }: FuzzOptions): Promise<number> {
  const subjects = adapters.map((command) => ({
    sdk: command.sdk,
    session: new AdapterSession(command, { silenceMs: SILENCE_MS, window: AT_ONCE }),
  }));
  return fuzz(subjects, { protocols: filter?.protocols, ...options });
}

/** Does what {@link runFuzz} does, with existing sessions. */
export async function fuzz(subjects: readonly Subject[], options: RunOptions): Promise<number> {
  const { count, seed, from = 0, report: foundDir = FOUND, print = printLine } = options;
  const { protocols: asked = [] } = options;
  const runner = new FuzzRunner(subjects);
  const found: Disagreement[] = [];
  const discarded = new Map<string, number>();
  let done = 0;
  const startedAt = performance.now();
  try {
    await runner.open();
    const { kinds, protocols, abilities } = runner.common;
    const among = {
      kinds,
      abilities,
      protocols: asked.length === 0 ? protocols : protocols.filter((one) => asked.includes(one)),
    };
    const indices = Array.from({ length: count }, (_, i) => from + i);
    await mapLimit(indices, AT_ONCE, async (index) => {
      const generated = generateCase(seed, index, among);
      for (const note of generated.discarded) {
        discarded.set(note, (discarded.get(note) ?? 0) + 1);
      }
      const { given, script, prediction } = generated;
      const lines = await runner.disagreements(given, script, generated, prediction);
      if (lines.length > 0) {
        found.push({ generated, lines });
      }
      if (++done % PROGRESS_EVERY === 0) {
        print(`fuzz: ${done} of ${count}, ${found.length} disagreements`);
      }
    });
    found.sort((a, b) => a.generated.index - b.generated.index);
    await writeAll(found, { runner, foundDir, print });
  } finally {
    await runner.close();
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const thrown = [...discarded.values()].reduce((sum, n) => sum + n, 0);
  const sdks = subjects.map(({ sdk }) => sdk).join(", ");
  print(
    `fuzz: seed ${seed}, ${count} cases, ${sdks} and the model: ${found.length} disagreements (${thrown} reasons to throw a case away, ${seconds} s)`,
  );
  return found.length === 0 ? 0 : 1;
}

// Shrinks one disagreement of each kind; others of that kind are only counted.
async function writeAll(
  found: readonly Disagreement[],
  {
    runner,
    foundDir,
    print,
  }: { runner: FuzzRunner; foundDir: string; print: (line: string) => void },
): Promise<void> {
  const kinds = new Map<string, Disagreement[]>();
  for (const disagreement of found) {
    const kind = kindOf(disagreement.lines[0] as string);
    kinds.set(kind, [...(kinds.get(kind) ?? []), disagreement]);
  }
  let shown = 0;
  for (const [kind, [disagreement, ...others]] of kinds) {
    if (disagreement === undefined) {
      continue;
    }
    if (shown++ >= SHOWN) {
      print(`fuzz: ${kinds.size - SHOWN} more kinds of disagreement`);
      break;
    }
    const { generated } = disagreement;
    const { seed, index, format, protocol } = generated;
    const still = async ({ given, script }: Shrinkable): Promise<boolean> => {
      const prediction = predict(given, script, protocol);
      if (prediction.notes.length > 0) {
        return false;
      }
      const lines = await runner.disagreements(given, script, generated, prediction);
      return lines.some((line) => kindOf(line) === kind);
    };
    const { given, script } = await shrink(generated, still);
    const prediction = predict(given, script, protocol);
    const lines = await runner.disagreements(given, script, generated, prediction);
    const id = `fuzz-${seed}-${index}`;
    const name = `${id} ${kind.replaceAll(/[^a-zA-Z]+/g, "-")}`;
    const comment = [
      "Found by comparing generated cases with the reference model:",
      `seed ${seed}, index ${index}, entry ${generated.entry}. Expected is what the model says.`,
      ...lines.map((line) => `  ${line}`),
    ];
    const yaml = writeCase({ name, comment, given, script, format, protocol, prediction });
    mkdirSync(foundDir, { recursive: true });
    const path = join(foundDir, `${id.replaceAll("-", "_")}.yaml`);
    writeFileSync(path, yaml);
    print(`fuzz: seed ${seed}, index ${index}: ${kind} (and ${others.length} like it)\n${path}`);
    print(yaml);
  }
}

// Names a difference without its call, attempt and values.
function kindOf(line: string): string {
  const [who = "", path = ""] = line.split(": ");
  return `${who}: ${path.replaceAll(/\d+/g, "n")}`;
}
