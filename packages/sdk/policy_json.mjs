// @ts-check
// Prints the table of policy values and the fixed numbers as JSON, for SDKs of other languages.
import process from "node:process";
import { fileURLToPath } from "node:url";

import { build } from "rolldown";

/** @typedef {import("./src/policy/policy_table.ts").PolicyRow<unknown>} PolicyRow */
/** @typedef {import("./src/policy/policy_table.ts").NumberRow} NumberRow */

const [table, numbers] = await Promise.all([
  /** @type {Promise<typeof import("./src/policy/policy_table.ts")>} */ (
    load("policy/policy_table")
  ),
  /** @type {Promise<typeof import("./src/policy/policy.ts")>} */ (load("policy/policy")),
]);
const { BEHAVIOR_1 } = numbers;
// What tables have stands in their rows.
const STATED = new Set(["defaults", "budget", "presets"]);
const constants = Object.fromEntries(
  Object.entries(BEHAVIOR_1).filter(([name]) => !STATED.has(name)),
);

const json = JSON.stringify(
  {
    behavior: 1,
    policy: table.ROWS.map(([name, row]) => policyValue(name, row)),
    budget: Object.entries(table.BUDGET).map(([name, row]) => ({
      ...numberValue(name, row),
      document: `budget.${protoName(name)}`,
    })),
    client: Object.entries(table.CLIENT).map(([name, row]) => numberValue(name, row)),
    presets: Object.fromEntries(
      Object.entries(BEHAVIOR_1.presets).map(([name, values]) => [
        name,
        Object.fromEntries(byPath(values, "")),
      ]),
    ),
    constants: Object.fromEntries(byPath(constants, "")),
    bounds: Object.fromEntries(byPath(table.BOUNDS, "")),
  },
  undefined,
  2,
);
process.stdout.write(`${json}\n`);

/**
 * @param {keyof import("./src/policy/policy_table.ts").PolicyValues} name
 * @param {PolicyRow} row
 */
function policyValue(name, row) {
  const { is, builtInFor, field = name, option } = row;
  const kinds = table.KINDS[name];
  const variable = table.VARIABLES[name];
  return {
    name: protoName(name),
    type: is,
    ...unitOf(name),
    ...(is === "integer" || is === "timeout" ? boundsOf(row) : {}),
    ...(is === "word" ? { words: row.words } : {}),
    default: row.default,
    ...(kinds === undefined ? {} : { kinds }),
    ...(builtInFor === undefined ? {} : { default_for: builtInFor }),
    ...(option === undefined ? {} : { option }),
    ...(field === null ? {} : { document: protoName(field) }),
    ...(variable === undefined ? {} : { environment: variable }),
  };
}

/**
 * @param {string} name
 * @param {NumberRow} row
 */
function numberValue(name, row) {
  return {
    name: protoName(name),
    type: row.is,
    ...unitOf(name),
    ...boundsOf(row),
    default: row.default,
  };
}

/** @param {PolicyRow | NumberRow} row */
function boundsOf(row) {
  const { min, max } = table.boundsOf(row, BEHAVIOR_1.maxMaxAttempts);
  return { min, max };
}

/** @param {string} name */
function unitOf(name) {
  const [, unit] = /(Ms|Bytes)$/.exec(name) ?? [];
  return unit === undefined ? {} : { unit: unit.toLowerCase() };
}

/**
 * @param {object} values
 * @param {string} prefix
 * @returns {[path: string, value: unknown][]}
 */
function byPath(values, prefix) {
  return Object.entries(values).flatMap(([name, value]) => {
    const path = prefix + protoName(name);
    return typeof value === "object" ? byPath(value, `${path}.`) : [[path, value]];
  });
}

/** @param {string} name `keepAlive.intervalMs` is `keep_alive.interval_ms`. */
function protoName(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * A module of the policy core, which needs no other: it is read before anything is built.
 *
 * @param {string} stem
 * @returns {Promise<unknown>}
 */
async function load(stem) {
  const { output } = await build({
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    input: `./src/${stem}.ts`,
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}
