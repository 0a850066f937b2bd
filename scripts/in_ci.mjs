// @ts-check
import process from "node:process";

/** Whether this is an unattended run, where nothing may be left out quietly. */
export function inCi() {
  return !["", "0", "false", undefined].includes(process.env.CI);
}
