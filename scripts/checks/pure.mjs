// @ts-check
import { PURE } from "./layers.mjs";
import { importsOf, parseScript, walk } from "./specifiers.mjs";

/** @typedef {import("./specifiers.mjs").Node} Node */

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

/** Globals of which some members are pure. */
const HALF_PURE = new Set(["Date", "Math"]);

const IMPURE_MEMBERS = new Set(["Date.now", "Math.random"]);

/** Modules of Python's library that only compute, and the lock that guards what threads share. */
const PURE_MODULES = new Set([
  "__future__",
  "collections.abc",
  "dataclasses",
  "datetime",
  "decimal",
  "json",
  "math",
  "re",
  "threading.Lock",
  "typing",
]);

/** The clock of a module that otherwise computes. */
const PYTHON_CLOCK = /\b(datetime|date)\.(now|utcnow|today)\b/g;

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
    if (file.endsWith(".py")) {
      return pythonImpurities(file, text);
    }
    const packages = (importsOf(file, text) ?? []).filter(({ specifier }) => specifier[0] !== ".");
    return [
      ...impureGlobals(file, text).map((name) => `uses ${name}`),
      ...packages.map(({ specifier }) => `imports ${specifier}`),
    ].map((problem) => told(file, problem));
  });
}

/**
 * @param {string} file
 * @param {string} problem
 */
function told(file, problem) {
  return `${file}: the policy core must stay pure, it ${problem}`;
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
function pythonImpurities(file, text) {
  const own = /^.*\/src\/(.*)\/[^/]*$/.exec(file)?.[1]?.replaceAll("/", ".") ?? "";
  const imported = (importsOf(file, text) ?? []).filter(
    ({ specifier }) =>
      !specifier.startsWith(`${own}.`) &&
      !PURE_MODULES.has(specifier) &&
      !PURE_MODULES.has(specifier.slice(0, specifier.lastIndexOf("."))),
  );
  return [
    ...[...text.matchAll(PYTHON_CLOCK)].map(([use]) => told(file, `uses ${use}`)),
    ...imported.map(({ specifier }) => told(file, `imports ${specifier}`)),
  ];
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
    } else if (
      node.type === "Identifier" &&
      HALF_PURE.has(node.name) &&
      isReference(node, parent) &&
      !isPureUse(node, parent)
    ) {
      found.add(useOf(node, parent));
    }
  });
  return [...found];
}

/**
 * Whether `Math` or `Date` is used in a way that can be seen to be pure: a member by its name, or
 * `new Date(value)`. `Date()` reads the clock even with arguments.
 *
 * @param {Node} node
 * @param {Node | undefined} parent
 */
function isPureUse(node, parent) {
  if (parent?.type === "MemberExpression") {
    return !parent.computed && !IMPURE_MEMBERS.has(`${node.name}.${parent.property.name}`);
  }
  return parent?.type === "NewExpression" && parent.callee === node && parent.arguments.length > 0;
}

/**
 * @param {Node} node
 * @param {Node | undefined} parent
 */
function useOf(node, parent) {
  if (parent?.type === "MemberExpression" && !parent.computed) {
    return `${node.name}.${parent.property.name}`;
  }
  const isMade = parent?.type === "NewExpression" || parent?.type === "CallExpression";
  return isMade && parent.callee === node ? "the current Date" : `${node.name} as a whole`;
}

/**
 * Reports whether an identifier names a variable, and not a property, a member or a type.
 *
 * @param {Node} node
 * @param {Node | undefined} parent
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
