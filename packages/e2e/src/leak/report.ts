import { BOUND_BYTES, growthPerCall } from "./heap.js";
import { KINDS } from "./methods.js";
import { BLOCKS, type Done } from "./run.js";
import type { Served } from "./servers.js";
import type { Left } from "./watch.js";

/** Facts to report. */
export interface Facts {
  readonly done: Done;
  readonly served: Served;
  readonly stays: Left;
}

/** One thing that must not be left. */
export interface Line {
  readonly what: string;
  readonly found: string;
  readonly good: boolean;
}

/** Lists the leaks line by line, and whether they are acceptable. */
export function verdictOf({ done, served, stays }: Facts): Line[] {
  const none = (what: string, found: readonly unknown[] | number): Line => {
    const count = typeof found === "number" ? found : found.length;
    const first = typeof found === "number" || count === 0 ? "" : `: ${String(found[0])}`;
    return { what, found: `${count}${first}`, good: count === 0 };
  };
  const growth = growthPerCall(done.heap, done.calls / (BLOCKS + 2));
  return [
    none("timers", stays.timers),
    none("listeners on callers' signals", done.listeners),
    none("sockets", stays.sockets),
    none("what keeps the process alive", stays.resources),
    none(
      "faults never done",
      Object.keys(served.faults).filter((name) => !served.faults[name]),
    ),
    none("inputs nobody closed", done.inputs.opened - done.inputs.closed),
    none("unhandled rejections", stays.unhandledRejections),
    none("warnings of Node.js", stays.warnings),
    {
      what: `heap per call, at most ${BOUND_BYTES} B`,
      found: `${growth.toFixed(1)} B`,
      good: growth <= BOUND_BYTES,
    },
  ];
}

/** Prints the counts and the leaks. */
export function printReport({ done, served, verdict }: Facts & { verdict: readonly Line[] }): void {
  const kilobytes = done.heap.map((bytes) => Math.round(bytes / 1024));
  const faults = Object.entries(served.faults);
  process.stdout.write(`${done.calls} calls, ${served.requests} requests, ${faults.length} faults

how callers left them, and how they ended
${KINDS.map((kind) => `${kind}\n  ${of(done.steps, kind)}\n  ${of(done.outcomes, kind)}`).join("\n")}

wires
${[...done.wires].map(([name, count]) => `  ${String(count).padStart(5)} ${name}`).join("\n")}

faults
${faults.map(([name, count]) => `  ${String(count).padStart(5)} ${name}`).join("\n")}

heap after each block, in KiB: ${kilobytes.join(" ")}; closed: ${Math.round(done.heapAtEnd / 1024)}

left
${verdict.map(({ what, found, good }) => `  ${good ? "✓" : "✗"} ${what}: ${found}`).join("\n")}
`);
}

function of(counts: ReadonlyMap<string, number>, kind: string): string {
  return [...counts]
    .filter(([name]) => name.startsWith(`${kind}: `))
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name.slice(kind.length + 2)} ${count}`)
    .join(", ");
}
