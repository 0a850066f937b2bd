// @ts-check
import { isBuiltin } from "node:module";
import { basename, dirname, join, normalize } from "node:path/posix";

import { importsOf, parseScript, walk } from "./specifiers.mjs";

const FOLDER = "packages/sdk/src/policy";

/** The files of the policy core: they decide, the shell does. */
const CORE = ["policy", "retry", "budget", "deadline", "hints", "normalize"];

/** The packages the core, and what it imports, may use. */
const PACKAGES = ["@bufbuild/protobuf", "@connectrpc/connect", "@ameideio/core-proto"];

/** Our own modules that the core must not reach, whatever they do inside. */
const SHELL = ["clock", "log", "node", "random", "recorder", "telemetry", "transport", "web"];

const GLOBALS = new Set([
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

const EXPRESSIONS_WITH_TYPES = new Set([
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
]);

/**
 * Where the policy core of the TypeScript SDK, or a module it needs at run time, touches a clock,
 * the network, randomness, a log or the runtime. Types are free.
 *
 * @param {{ files: string[], read: (file: string) => string }} tree
 * @returns {string[]}
 */
export function impurities({ files, read }) {
  if (!files.some((file) => file.startsWith(`${FOLDER}/`))) return [];
  const core = CORE.map((stem) => `${FOLDER}/${stem}.ts`);
  const problems = core
    .filter((file) => !files.includes(file))
    .map((file) => `${file}: this file of the policy core is gone`);
  const queue = core.filter((file) => files.includes(file)).map((file) => ({ file, via: "" }));
  const seen = new Set(queue.map(({ file }) => file));
  for (const { file, via } of queue) {
    const text = read(file);
    const where = `${file}${via}: the policy core must stay pure`;
    problems.push(...impureGlobals(file, text).map((name) => `${where}, it uses ${name}`));
    for (const { specifier, typeOnly } of importsOf(file, text) ?? []) {
      if (typeOnly) continue;
      const next = resolve(file, specifier, files);
      if (isImpure(specifier, next)) problems.push(`${where}, it imports ${specifier}`);
      else if (next !== undefined && !seen.has(next)) {
        seen.add(next);
        queue.push({ file: next, via: ` (needed by ${basename(file)}${via})` });
      }
    }
  }
  return problems;
}

/**
 * @param {string} file
 * @param {string} specifier
 * @param {string[]} files
 * @returns {string | undefined} The file of a relative import.
 */
function resolve(file, specifier, files) {
  if (!specifier.startsWith(".")) return undefined;
  const path = normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts");
  return files.includes(path) ? path : undefined;
}

/**
 * @param {string} specifier
 * @param {string | undefined} file
 */
function isImpure(specifier, file) {
  if (file !== undefined) return SHELL.includes(basename(file, ".ts"));
  if (isBuiltin(specifier)) return true;
  return !PACKAGES.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
function impureGlobals(file, text) {
  /** @type {Set<string>} */
  const found = new Set();
  walk(parseScript(file, text), (node, parent) => {
    if (node.type === "Identifier" && GLOBALS.has(node.name) && isReference(node, parent)) {
      found.add(node.name);
    } else if (node.type === "MemberExpression" && node.object.type === "Identifier") {
      const name = `${node.object.name}.${node.property.name}`;
      if (name === "Date.now" || name === "Math.random") found.add(name);
    } else if (isClockRead(node)) {
      found.add("the current Date");
    }
  });
  return [...found];
}

/**
 * `new Date()`, and `Date()` with or without arguments; `new Date(value)` reads no clock.
 *
 * @param {import("./specifiers.mjs").Node} node
 */
function isClockRead({ type, callee, arguments: given }) {
  if (callee?.type !== "Identifier" || callee.name !== "Date") return false;
  return type === "CallExpression" || (type === "NewExpression" && given.length === 0);
}

/**
 * Whether an identifier names a variable, and not a property, a member or a type.
 *
 * @param {import("./specifiers.mjs").Node} node
 * @param {import("./specifiers.mjs").Node | undefined} parent
 */
function isReference(node, parent) {
  if (parent === undefined) return false;
  if (parent.type.startsWith("TS")) return EXPRESSIONS_WITH_TYPES.has(parent.type);
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent.type === "Property") return parent.value === node || parent.computed;
  return !["MethodDefinition", "PropertyDefinition"].includes(parent.type) || parent.key !== node;
}
