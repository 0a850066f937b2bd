import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { create, toJsonString } from "@bufbuild/protobuf";
import {
  type AreaCounts,
  AreaCountsSchema,
  CountsSchema,
  type Excused,
  ExcusedSchema,
  type Matrix,
  MatrixSchema,
} from "@ameideio/conformance-proto/ameide/parity/v1";
import { COLUMN_IDS, runDigests, verdictFile } from "@ameideio/scripts/verdicts.mjs";
import type { CaseResult, SuiteResult } from "../run/run_suite.js";
import { layerOf, showCombination } from "../suite/plan.js";

/** Schema of what is written here. */
export const SCHEMA = "ameide.parity.v1";

/** Where the verdicts of a run go, and of what it is. */
export interface VerdictPlace {
  /** Folder of the verdicts; undefined for none. */
  readonly folder: string | undefined;
  /** Digests of what the columns are, when the run began; a column without one is of unknown sources. */
  readonly runs: Readonly<Record<string, string>>;
  /** Whether every case runs in every combination. */
  readonly whole: boolean;
}

/** A run whose verdicts are to be kept. */
export interface KeptRun {
  /** Folder of the verdicts; undefined for none. */
  readonly folder: string | undefined;
  readonly whole: boolean;
  /** Whether it is of our own cases and adapters: others have no digest. */
  readonly isOurs: boolean;
}

/**
 * Removes the earlier verdicts of SDKs, so that none is taken for that of a run that did not end.
 *
 * @returns the place for those of this run.
 */
export async function openVerdicts(
  { folder, whole, isOurs }: KeptRun,
  sdks: readonly string[],
): Promise<VerdictPlace> {
  for (const sdk of sdks) {
    if (folder !== undefined) {
      rmSync(verdictFile(folder, "matrix", sdk), { force: true });
    }
  }
  const runs = folder !== undefined && isOurs ? await runDigests() : {};
  return { folder, whole, runs };
}

/** Writes the verdict of each SDK that is a column. */
export function writeMatrices(result: SuiteResult, place: VerdictPlace): void {
  if (place.folder === undefined) {
    return;
  }
  for (const { sdk } of result.sdks.filter((each) => COLUMN_IDS.includes(each.sdk))) {
    const path = verdictFile(place.folder, "matrix", sdk);
    const text = toJsonString(MatrixSchema, matrixOf(result, sdk, place), { prettySpaces: 2 });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${text}\n`);
  }
}

/** Creates the verdict of a run on one SDK. */
export function matrixOf(
  { results, problems, sdks }: SuiteResult,
  sdk: string,
  { runs, whole }: Pick<VerdictPlace, "runs" | "whole">,
): Matrix {
  const own = results.filter((result) => result.sdk === sdk);
  const others = sdks.filter((each) => each.sdk !== sdk).map((each) => `${each.sdk}: `);
  return create(MatrixSchema, {
    schema: SCHEMA,
    sdk,
    version: sdks.find((each) => each.sdk === sdk)?.version ?? "",
    run: runs[sdk] ?? "",
    whole,
    areas: areasOf(own),
    red: own
      .filter(({ verdict }) => verdict === "failed")
      .map(({ case: one, combination, differences }) => ({
        case: one.name,
        area: one.area,
        file: `${one.file}:${one.line}`,
        combination: combination === undefined ? "" : showCombination(combination),
        differences: [...differences],
      })),
    problems: problems
      .filter((problem) => !others.some((other) => problem.startsWith(other)))
      .map((problem) => problem.replace(`${sdk}: `, "")),
    excused: excusedOf(own),
    policies: policiesOf(own),
    cases: new Set(own.filter(isNative).map((result) => result.case)).size,
  });
}

// Other HTTP clients are those of one language.
function isNative({ combination }: CaseResult): boolean {
  return combination === undefined || combination.httpClient === "";
}

function areasOf(results: readonly CaseResult[]): AreaCounts[] {
  const areas = new Map<string, AreaCounts>();
  for (const { case: one, verdict } of results) {
    const { area } = one;
    const layer = layerOf(one);
    const key = `${area} ${layer}`;
    const counted = areas.get(key) ?? create(AreaCountsSchema, { area, layer });
    areas.set(key, counted);
    counted.counts ??= create(CountsSchema);
    counted.counts[verdict]++;
  }
  return [...areas.values()];
}

function excusedOf(results: readonly CaseResult[]): Excused[] {
  const excused = new Map<string, Excused>();
  for (const { case: one, verdict, reason = "" } of results) {
    if (verdict === "skipped" || verdict === "unable") {
      const { name, area } = one;
      excused.set(name, create(ExcusedSchema, { case: name, area, verdict, reason }));
    }
  }
  return [...excused.values()];
}

function policiesOf(results: readonly CaseResult[]): Record<string, string> {
  const hashes = results.flatMap(({ case: { name }, seen }) => {
    const hash = seen?.response.policyHash ?? "";
    return hash === "" ? [] : [[name, hash] as const];
  });
  return Object.fromEntries(hashes);
}
