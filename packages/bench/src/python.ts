import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runScript } from "@ameideio/scripts/missing_tool.mjs";
import { environment } from "./children.js";
import { type Effort, measureImport } from "./measure.js";
import { PYTHON_COMPARED, PYTHON_IMPORT, type PythonRow } from "./python_rows.js";
import type { PythonResults, TimeResult } from "./results.js";
import { median } from "./stats.js";
import type { Timed } from "./time_process.js";

const execute = promisify(execFile);

const programs = fileURLToPath(new URL("../python", import.meta.url));

/** Benchmarks of Python. */
export class PythonBench {
  private constructor(private readonly python: string) {}

  /** @throws {MissingTool} */
  static async build(): Promise<PythonBench> {
    const bin = await runScript([process.execPath, "scripts/python_env.mjs"]);
    return new PythonBench(join(bin.trim(), "python"));
  }

  /**
   * Times all rows, each repetition in a process of its own.
   *
   * @param address - Of the server of the loopback rows; without one they are left out.
   */
  async measure(address: string | undefined, effort: Effort): Promise<PythonResults> {
    const compared: TimeResult[] = [];
    for (const row of PYTHON_COMPARED) {
      if (row.loopback !== true || address !== undefined) {
        compared.push(await this.measureRow(row, address ?? "", effort));
      }
    }
    const time = (modules: readonly string[]) => this.run<number>("import_process.py", modules);
    return {
      compared,
      imports: [await measureImport(PYTHON_IMPORT.name, PYTHON_IMPORT, effort, time)],
    };
  }

  private async measureRow(
    { row, name }: PythonRow,
    address: string,
    { processes, blocks }: Effort,
  ): Promise<TimeResult> {
    const timed: Timed[] = [];
    // One after the other: they would disturb each other.
    for (let i = 0; i < processes; i++) {
      timed.push(await this.run<Timed>("time_process.py", [row, String(blocks), address]));
    }
    return {
      name,
      baseUs: median(timed.map(({ base }) => base)),
      otherUs: median(timed.map(({ other }) => other)),
      ratio: median(timed.map(({ base, other }) => other / base)),
    };
  }

  private async run<T>(program: string, args: readonly string[]): Promise<T> {
    const { stdout } = await execute(this.python, [join(programs, program), ...args], {
      env: environment(),
    });
    return JSON.parse(stdout) as T;
  }
}
