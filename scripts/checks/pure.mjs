// @ts-check
import { PURE } from "./layers.mjs";
import { importsOf, parseScript, walk } from "./specifiers.mjs";

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
 * Lists uses of a clock, the network, randomness, a log, the runtime or a package in a pure folder.
 * Imports from other folders are checked by the order inside its package.
 *
 * @param {{ files: string[], read: (file: string) => string }} tree
 * @returns {string[]}
 */
export function impurities({ files, read }) {
  const pure = files.filter((file) => PURE.some((folder) => file.startsWith(`${folder}/`)));
  return pure.flatMap((file) => {
    const text = read(file);
    const packages = (importsOf(file, text) ?? []).filter(({ specifier }) => specifier[0] !== ".");
    return [
      ...impureGlobals(file, text).map((name) => `uses ${name}`),
      ...packages.map(({ specifier }) => `imports ${specifier}`),
    ].map((problem) => `${file}: the policy core must stay pure, it ${problem}`);
  });
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
      if (name === "Date.now" || name === "Math.random") {
        found.add(name);
      }
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
  if (callee?.type !== "Identifier" || callee.name !== "Date") {
    return false;
  }
  return type === "CallExpression" || (type === "NewExpression" && given.length === 0);
}

/**
 * Reports whether an identifier names a variable, and not a property, a member or a type.
 *
 * @param {import("./specifiers.mjs").Node} node
 * @param {import("./specifiers.mjs").Node | undefined} parent
 */
function isReference(node, parent) {
  if (parent === undefined) {
    return false;
  }
  if (parent.type.startsWith("TS")) {
    return EXPRESSIONS_WITH_TYPES.has(parent.type);
  }
  if (parent.type === "MemberExpression") {
    return parent.object === node || parent.computed;
  }
  if (parent.type === "Property") {
    return parent.value === node || parent.computed;
  }
  return !["MethodDefinition", "PropertyDefinition"].includes(parent.type) || parent.key !== node;
}
