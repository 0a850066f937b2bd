import type { Manifest, Surface } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { changesOf } from "../diff.js";
import { checkClients } from "./check_clients.js";
import { checkStubs } from "./check_stubs.js";
import { checkTypes } from "./check_types.js";
import { joined, type Problem } from "./problem.js";

/** What was compared, and what is wrong. */
export interface Verdict {
  readonly services: number;
  readonly methods: number;
  /** Ids of the SDKs that were compared. */
  readonly sdks: readonly string[];
  /** Whether an SDK was not compared that may not be left out. */
  readonly incomplete?: boolean;
  /** Empty where everything is as it has to be. */
  readonly problems: readonly Problem[];
}

/**
 * Compares SDKs with a manifest.
 *
 * @param base - An older manifest, no name of which may disappear or change.
 */
export function check(manifest: Manifest, surfaces: readonly Surface[], base?: Manifest): Verdict {
  return {
    services: manifest.services.length,
    methods: manifest.services.reduce((sum, { methods }) => sum + methods.length, 0),
    sdks: surfaces.map(({ sdk }) => sdk),
    problems: joined([
      ...(base === undefined ? [] : nameProblems(base, manifest)),
      ...surfaces.flatMap((surface) => [
        ...checkStubs(manifest, surface),
        ...checkTypes(manifest, surface),
        ...checkClients(manifest, surface),
      ]),
    ]),
  };
}

/** Reports whether everything was compared that has to be, and nothing is wrong. */
export function isGreen({ problems, incomplete = false }: Verdict): boolean {
  return problems.length === 0 && !incomplete;
}

function nameProblems(base: Manifest, manifest: Manifest): Problem[] {
  return changesOf(base, manifest).flatMap(({ name, service, method, message }): Problem[] =>
    name === undefined
      ? []
      : [
          {
            rule: name === "gone" ? "name-gone" : "name-changed",
            service,
            ...(method === undefined ? {} : { method }),
            where: ["base"],
            message,
          },
        ],
  );
}
