import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runScript } from "@ameideio/scripts/missing_tool.mjs";
import { readBenchstat, statKey, type Stats } from "./benchstat.js";
import { environment } from "./children.js";
import type { GoRow } from "./go_rows.js";
import type { GoResult, GoSide } from "./results.js";

const execute = promisify(execFile);

const benchmarks = fileURLToPath(new URL("../go", import.meta.url));
const BENCHSTAT = "golang.org/x/perf/cmd/benchstat";

/** Benchmarks of Go, built. */
export class GoBench {
  private constructor(
    private readonly folder: string,
    private readonly benchstat: string,
  ) {}

  /** @throws {MissingTool} */
  static async build(): Promise<GoBench> {
    const benchstat = await runScript([process.execPath, "scripts/go_tool.mjs", BENCHSTAT]);
    const folder = await mkdtemp(join(tmpdir(), "bench-go-"));
    await execute("go", ["test", "-c", "-o", join(folder, "bench"), "."], { cwd: benchmarks });
    return new GoBench(folder, benchstat.trim());
  }

  /** Times rows in that many processes, and counts what they allocate in one. */
  async measure(rows: readonly GoRow[], processes: number): Promise<GoResult[]> {
    const timed: string[] = [];
    for (let i = 0; i < processes; i++) {
      timed.push(await this.run(rows, ["-test.benchtime=0.2s"]));
    }
    const times = await this.stats(timed);
    const counts = await this.count(rows);
    return rows.map((row) => ({
      name: row.name,
      base: sideOf(row, "base", times, counts),
      other: sideOf(row, "other", times, counts),
      ...(counts.has(statKey("B/op", row.row, "beside"))
        ? { beside: sideOf(row, "beside", times, counts) }
        : {}),
      differs: times.get(statKey("sec/op", row.row, "other"))?.differs ?? false,
    }));
  }

  /** Counts allocations and bytes: on one processor and without collections, which empty pools. */
  async count(rows: readonly GoRow[]): Promise<Stats> {
    const flags = ["-test.benchtime=1000x", "-test.benchmem", "-test.cpu=1"];
    return this.stats([await this.run(rows, flags, { GOGC: "off" })]);
  }

  /**
   * Starts the server of the loopback rows, for clients of other languages.
   *
   * @returns its address, and what ends it.
   */
  async serve(): Promise<{ readonly address: string; stop(): void }> {
    const env = { ...environment(), BENCH_SERVER: "1" };
    const server = spawn(join(this.folder, "bench"), { env, stdio: ["pipe", "pipe", "inherit"] });
    const [printed] = (await once(server.stdout, "data")) as [Buffer];
    return { address: `http://${printed.toString().trim()}`, stop: () => server.stdin.end() };
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async run(
    rows: readonly GoRow[],
    flags: readonly string[],
    more: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const names = rows.map(({ row }) => row).join("|");
    const args = ["-test.run=^$", `-test.bench=^BenchmarkCall$/^row=(${names})$`, ...flags];
    const env = { ...environment(), ...more };
    const { stdout } = await execute(join(this.folder, "bench"), args, { env });
    return stdout;
  }

  private async stats(runs: readonly string[]): Promise<Stats> {
    const file = join(this.folder, "runs.txt");
    await writeFile(file, runs.join(""));
    const args = ["-format", "csv", "-row", "/row", "-col", "/side", file];
    return readBenchstat((await execute(this.benchstat, args)).stdout);
  }
}

function sideOf({ row, per = 1 }: GoRow, side: string, times: Stats, counts: Stats): GoSide {
  const of = (stats: Stats, unit: string) => {
    const stat = stats.get(statKey(unit, row, side));
    if (stat === undefined) {
      throw new Error(`the benchmarks of Go have no ${unit} of ${side} in ${row}`);
    }
    return stat.median / per;
  };
  return {
    ns: of(times, "sec/op") * 1e9,
    bytes: of(counts, "B/op"),
    allocations: of(counts, "allocs/op"),
  };
}
