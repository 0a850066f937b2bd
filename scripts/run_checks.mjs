// @ts-check
import { openTree } from "./checks/tree.mjs";

/**
 * Runs the checks one after the other, each to its end, and prints one line for each.
 *
 * @param {object} options
 * @param {string} options.root
 * @param {import("./checks/tree.mjs").Check[]} options.checks
 * @param {(line: string) => void} [options.print] Default: stdout.
 * @returns {Promise<number>} The exit code: 1 when a check is red or none was given.
 */
export async function runChecks({ root, checks, print = console.log }) {
  const tree = await openTree(root);
  const red = [];
  for (const check of checks) {
    const started = performance.now();
    const { problems, note } = await verdictOf(check, tree);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const remark = problems.length === 0 && note !== undefined ? `  (${note})` : "";
    print(`${problems.length === 0 ? "✓" : "✗"} ${check.name.padEnd(14)} ${seconds} s${remark}`);
    if (problems.length === 0) {
      continue;
    }
    red.push(check.name);
    for (const line of problems.join("\n").split("\n")) {
      print(`    ${line}`);
    }
  }
  if (red.length > 0) {
    print(`red: ${red.join(", ")} · again: pnpm check ${red.join(" ")}`);
  }
  return red.length > 0 || checks.length === 0 ? 1 : 0;
}

/**
 * @param {import("./checks/tree.mjs").Check} check
 * @param {import("./checks/tree.mjs").Tree} tree
 * @returns {Promise<import("./checks/tree.mjs").Verdict>}
 */
async function verdictOf(check, tree) {
  try {
    return await check.run(tree);
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}
