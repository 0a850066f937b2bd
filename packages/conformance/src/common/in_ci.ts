/** Whether this runs in CI, where nothing that is needed may be missing. */
export function inCi(): boolean {
  return !["", "0", "false", undefined].includes(process.env["CI"]);
}
