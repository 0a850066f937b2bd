/** Reports whether this runs in CI, where every needed tool must be present. */
export function inCi(): boolean {
  return !["", "0", "false", undefined].includes(process.env["CI"]);
}
