import { CONTROL_BOUNDS, goalsOf, isValid } from "./goals.js";
import { NETWORK_CONTROL_BOUNDS } from "./network/goals.js";
import { networkLines } from "./network/report.js";
import type {
  GoResults,
  GoSide,
  ManifestResults,
  PythonResults,
  Results,
  RowResult,
} from "./results.js";
import { goalTable, table } from "./table.js";

/** Formats the results of a run for people. */
export function report(results: Results): string {
  const lines = [
    `Node.js ${results.node}, median of ${results.processes} processes, 10th percentile of blocks`,
    "",
    ...table([
      ["the SDK / the bare client", "ratio", "µs", "bytes", "more bytes"],
      ...results.compared.map((row) => [
        row.name,
        `${row.ratio.toFixed(3)}×`,
        `${us(row.otherUs)} / ${us(row.baseUs)}`,
        `${row.otherBytes} / ${row.baseBytes}`,
        signed(row.otherBytes - row.baseBytes),
      ]),
    ]),
    "",
    ...table([["what a policy costs", "µs", "bytes"], ...results.policies.map(cost)]),
    "",
    ...table([["import", "ratio", "ms"], ...results.imports.map(importLine)]),
    "",
    ...table([
      ["bundle, gzip", "ratio", "bytes", "more bytes"],
      ...results.bundles.map(({ name, base, other }) => [
        name,
        `${(other.gzip / base.gzip).toFixed(2)}×`,
        `${other.gzip} / ${base.gzip}`,
        signed(other.gzip - base.gzip),
      ]),
    ]),
    "",
    ...manifestLines(results.manifest),
    "",
    ...(results.go === undefined ? [] : [...goLines(results.go), ""]),
    ...(results.python === undefined ? [] : [...pythonLines(results.python), ""]),
    ...(results.network === undefined ? [] : [...networkLines(results.network), ""]),
    ...goalTable(goalsOf(results)),
  ];
  if (!isValid(results)) {
    const { least, most } = CONTROL_BOUNDS;
    const network = NETWORK_CONTROL_BOUNDS;
    lines.push(
      "",
      `INVALID: the bare client against itself is not within ${least}–${most}, or between two processes`,
      `within ${network.least}–${network.most}, or in Go benchstat tells the two apart. The machine was too restless;`,
      "run it again when nothing else runs. Bytes, allocations and bundles hold all the same.",
    );
  }
  return lines.join("\n");
}

function manifestLines({ services, methods, steps, peakBytes }: ManifestResults): string[] {
  const lines = Object.entries(steps).map(([step, ms]) => [step, (ms / 1_000).toFixed(2)]);
  return [
    ...table([[`manifest: ${services} services × ${methods} methods`, "s"], ...lines]),
    `at most ${Math.round(peakBytes / 1e6)} MB of memory`,
  ];
}

function goLines({ processes, compared, policies }: GoResults): string[] {
  const lines = [
    `Go, medians of ${processes} processes by benchstat (~: no difference found)`,
    "",
    ...table([
      ["the SDK / bare / grpc-go", "ratio", "µs", "allocations", "bytes", "more of both"],
      ...compared.map(({ name, base, other, beside, differs }) => {
        const sides = [other, base, ...(beside === undefined ? [] : [beside])];
        const all = (show: (side: GoSide) => string) => sides.map(show).join(" / ");
        const more = [goCount(other.allocations - base.allocations, true)];
        more.push(goCount(other.bytes - base.bytes, true));
        return [
          name,
          `${differs ? "" : "~"}${(other.ns / base.ns).toFixed(2)}×`,
          all(({ ns }) => us(ns / 1_000)),
          all(({ allocations }) => goCount(allocations)),
          all(({ bytes }) => goCount(bytes)),
          more.join(" "),
        ];
      }),
    ]),
  ];
  if (policies.length > 0) {
    const cells = policies.map(({ name, base, other, differs }) => [
      name,
      `${differs ? "" : "~"}${goCount((other.ns - base.ns) / 1_000, true)}`,
      goCount(other.allocations - base.allocations, true),
      goCount(other.bytes - base.bytes, true),
    ]);
    lines.push("", ...table([["what a policy costs", "µs", "allocations", "bytes"], ...cells]));
  }
  return lines;
}

function pythonLines({ compared, imports }: PythonResults): string[] {
  return [
    ...table([
      ["Python: the SDK / the bare client", "ratio", "µs"],
      ...compared.map(({ name, ratio, baseUs, otherUs }) => [
        name,
        `${ratio.toFixed(3)}×`,
        `${us(otherUs)} / ${us(baseUs)}`,
      ]),
    ]),
    "",
    ...table([["Python: import", "ratio", "ms"], ...imports.map(importLine)]),
  ];
}

// Of streams there are fractions, per message.
function goCount(value: number, sign = false): string {
  const rounded = Math.round(value * 100) / 100;
  return sign ? signed(rounded) : `${rounded}`;
}

function cost(row: RowResult): string[] {
  const more = row.otherUs - row.baseUs;
  return [
    row.name,
    `${more < 0 ? "−" : "+"}${us(Math.abs(more))}`,
    signed(row.otherBytes - row.baseBytes),
  ];
}

function importLine({ name, ratio, baseMs, otherMs }: Results["imports"][number]): string[] {
  return [name, `${ratio.toFixed(2)}×`, `${otherMs.toFixed(0)} / ${baseMs.toFixed(0)}`];
}

function us(value: number): string {
  return value.toFixed(2);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value)}`;
}
