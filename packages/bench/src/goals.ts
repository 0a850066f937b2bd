import type { Goal, Results, TimeResult } from "./results.js";
import { isNetworkValid, networkGoalsOf } from "./network/goals.js";
import { GO_COMPARED, GO_LOOPBACK, GO_UNARY } from "./go_rows.js";
import { PYTHON_CONTROL } from "./python_rows.js";
import { CONTROL, UNARY } from "./rows.js";

/** Names of the imported and bundled modules. */
export const NAMES = {
  importSdk: "import, Node.js: one service, with the SDK",
  importRoster: "import, Node.js: 100 services, one touched",
  bundleSdk: "bundle, web: one service, with the SDK",
  bundleRoster: "bundle, web: 100 services, one touched",
  bundleRosterLoaded: "bundle, web: 100 services, one touched and loaded",
} as const;

/** Goals as numbers. */
export const GOALS = {
  ratio: 0.5,
  bytesRatio: 0.5,
  importRatio: 0.8,
  bundleBytes: 14 * 1_024,
  rosterImportRatio: 1.1,
  rosterBundleRatio: 1.05,
  goAllocations: 20,
  goLoopbackRatio: 1.1,
  pythonImportMs: 150,
  manifestMs: 10_000,
} as const;

/** Bounds of the control row: beyond them the machine was too restless to tell. */
export const CONTROL_BOUNDS = { least: 0.99, most: 1.01 } as const;

/** Reports whether a run is valid: the control row compares equal. */
export function isValid(results: Results): boolean {
  const control = results.compared.find(({ name }) => name === CONTROL.name);
  const python = results.python?.compared.find(({ name }) => name === PYTHON_CONTROL.name);
  return (
    isGoValid(results) &&
    control !== undefined &&
    isEven(control) &&
    (python === undefined || isEven(python)) &&
    (results.network === undefined || isNetworkValid(results.network))
  );
}

function isEven({ ratio }: TimeResult): boolean {
  return ratio >= CONTROL_BOUNDS.least && ratio <= CONTROL_BOUNDS.most;
}

/** Whether benchstat finds no difference in the control rows of Go. */
export function isGoValid({ go }: Results): boolean {
  const controls = GO_COMPARED.filter(({ control }) => control === true);
  const found = (name: string) => go?.compared.find((row) => row.name === name);
  return go === undefined || controls.every(({ name }) => found(name)?.differs === false);
}

/** Every goal that the run has a result for. */
export function goalsOf(results: Results): readonly Goal[] {
  const goals: Goal[] = [];
  const atMost = (name: string, value: number, most: number, show: (value: number) => string) =>
    goals.push({ name, goal: `≤ ${show(most)}`, result: show(value), met: value <= most });
  const unary = results.compared.find(({ name }) => name === UNARY.name);
  if (unary !== undefined) {
    atMost("time of a unary call", unary.ratio, GOALS.ratio, times);
    const bytes = unary.otherBytes / unary.baseBytes;
    atMost("allocated by a unary call", bytes, GOALS.bytesRatio, times);
  }
  for (const { name, ratio } of results.imports) {
    const most = name === NAMES.importSdk ? GOALS.importRatio : GOALS.rosterImportRatio;
    atMost(name, ratio, most, times);
  }
  for (const { name, base, other } of results.bundles) {
    if (name === NAMES.bundleSdk) {
      atMost(name, other.gzip - base.gzip, GOALS.bundleBytes, plus);
    } else if (name === NAMES.bundleRoster) {
      atMost(name, other.gzip / base.gzip, GOALS.rosterBundleRatio, times);
    }
  }
  const { services, steps } = results.manifest;
  const sum = Object.values(steps).reduce((before, each) => before + each, 0);
  atMost(`manifest of ${services} services`, sum, GOALS.manifestMs, seconds);
  for (const { name, base, other } of results.go?.compared ?? []) {
    if (name === GO_UNARY.name) {
      const more = other.allocations - base.allocations;
      atMost(`${name}: allocations`, more, GOALS.goAllocations, signed);
    } else if (GO_LOOPBACK.some((row) => row.name === name)) {
      atMost(name, other.ns / base.ns, GOALS.goLoopbackRatio, times);
    }
  }
  for (const { name, baseMs, otherMs } of results.python?.imports ?? []) {
    atMost(name, Math.round(otherMs - baseMs), GOALS.pythonImportMs, (ms) => `${signed(ms)} ms`);
  }
  goals.push(...(results.network === undefined ? [] : networkGoalsOf(results.network)));
  return goals;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function times(value: number): string {
  return `${value.toFixed(2)}×`;
}

function plus(value: number): string {
  return `${signed(value)} B`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value)}`;
}
