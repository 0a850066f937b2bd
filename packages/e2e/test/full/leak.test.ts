import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { PLANTS, type Plant } from "../../src/leak/plant.js";

// A process of its own: only there nothing else has timers, sockets or a heap. Without the
// compilers, whose code for what gets hot is on the heap, too.
const FLAGS = ["--expose-gc", "--no-opt", "--no-sparkplug"];
const MAIN = fileURLToPath(new URL("../../dist/leak/main.js", import.meta.url));
const SLOW_MS = 300_000;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of the verdict that are red. */
  readonly red: readonly string[];
}

/** Runs the program until it ends by itself. */
function leak(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...FLAGS, MAIN, ...args], (error, stdout, stderr) => {
      const red = [...stdout.matchAll(/^ {2}✗ (.*)$/gm)].map(([, line = ""]) => line);
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr, red });
    });
  });
}

test(
  "10 000 faulty calls leave nothing",
  async () => {
    const { code, stdout, stderr, red } = await leak("--calls", "10000");
    process.stdout.write(stdout);
    expect({ code, stderr, red }).toEqual({ code: 0, stderr: "", red: [] });
    expect(stdout.match(/^ {2}✓ /gm)).toHaveLength(9);
    const [, calls, requests] = /^(\d+) calls, (\d+) requests/.exec(stdout) ?? [];
    expect(Number(calls)).toBeGreaterThanOrEqual(10_000);
    expect(Number(requests)).toBeGreaterThan(2_000);
  },
  SLOW_MS,
);

describe("what is planted is found", () => {
  const LINES: Record<Plant, RegExp> = {
    memory: /^heap per call/,
    listener: /^listeners on callers' signals: \d{3}/,
    timer: /^timers: \d{3}/,
    socket: /^sockets: 1$/,
    rejection: /^unhandled rejections: \d+: Error: planted$/,
  };
  test.each(PLANTS)(
    "%s",
    async (plant) => {
      const { code, red } = await leak("--calls", "1000", "--plant", plant);
      expect(code).toBe(1);
      expect(red).toContainEqual(expect.stringMatching(LINES[plant]));
    },
    SLOW_MS,
  );
});
