/** Verdict of the runner on one client. */
export interface Verdict {
  /** Number of cases to run. */
  readonly total: number;
  readonly passed: number;
  /** Cases that failed unexpectedly, that passed although listed, or that never ran. */
  readonly failed: number;
  /** Cases that failed as listed. */
  readonly known: number;
  /** Runner's own words about each failed case, several lines each. */
  readonly failures: readonly string[];
}

/**
 * Parses the output of the runner with `-v`.
 *
 * @throws Error if it has no totals: then the run did not finish.
 */
export function readVerdict(output: string): Verdict {
  const number = (pattern: RegExp) => {
    const [, digits] = pattern.exec(output) ?? [];
    return digits === undefined ? undefined : Number(digits);
  };
  const planned = number(/^Computed (\d+) test case permutation/m);
  const passed = number(/^(\d+) passed, \d+ failed$/m);
  const failed = number(/^\d+ passed, (\d+) failed$/m);
  if (planned === undefined || passed === undefined || failed === undefined) {
    throw new Error("the runner printed no totals");
  }
  const total = number(/^Filtered tests to (\d+) test case permutation/m) ?? planned;
  const known = number(/^\(Another (\d+) failed as expected/m) ?? 0;
  // The runner does not count cases that never ran.
  const lost = Math.max(0, total - passed - known - failed);
  return { total, passed, known, failed: failed + lost, failures: failuresIn(output) };
}

function failuresIn(output: string): string[] {
  const failures: string[] = [];
  let inside = false;
  for (const line of output.split("\n")) {
    if (line.startsWith("FAILED: ")) {
      failures.push(line.slice("FAILED: ".length));
      inside = line.endsWith(":");
    } else if (inside && line.startsWith("\t")) {
      failures.push(`${failures.pop()}\n  ${line.trim()}`);
    } else {
      inside = false;
    }
  }
  return failures;
}
