// @ts-check
import { parseSync } from "oxc-parser";

/**
 * An import as it stands in a file.
 *
 * @typedef {object} Import
 * @property {string} specifier
 * @property {boolean} typeOnly Gone after compilation.
 */

/** @typedef {{ type: string } & Record<string, any>} Node */

/**
 * Lists the imports of a file, static or not; undefined for a language that the repository does not
 * use.
 *
 * @param {string} file Decides the language, by its ending.
 * @param {string} text
 * @returns {Import[] | undefined}
 * @throws {Error} When TypeScript or JavaScript does not parse.
 */
export function importsOf(file, text) {
  if (/\.[cm]?[jt]sx?$/.test(file)) {
    return scriptImports(file, text);
  }
  if (file.endsWith(".go")) {
    return goImports(text).map(value);
  }
  if (file.endsWith(".py")) {
    return pythonImports(text).map(value);
  }
  return undefined;
}

/**
 * The syntax tree (ESTree, with TypeScript's nodes) of a file.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Node}
 * @throws {Error} When it does not parse.
 */
export function parseScript(file, text) {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) {
    throw new Error(`${file}: ${errors[0]?.message}`);
  }
  return /** @type {any} */ (program);
}

/**
 * Visits a node and all below it, parents first.
 *
 * @param {Node} node
 * @param {(node: Node, parent: Node | undefined) => void} visit
 * @param {Node} [parent]
 */
export function walk(node, visit, parent) {
  visit(node, parent);
  for (const child of Object.values(node)) {
    for (const item of Array.isArray(child) ? child : [child]) {
      if (typeof item?.type === "string") {
        walk(item, visit, node);
      }
    }
  }
}

/**
 * @param {string} file
 * @param {string} text
 */
function scriptImports(file, text) {
  /** @type {Import[]} */
  const imports = [];
  walk(parseScript(file, text), (node) => {
    const source = sourceOf(node);
    if (typeof source?.value !== "string") {
      return;
    }
    const typeOnly =
      node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type";
    imports.push({ specifier: source.value, typeOnly });
  });
  return imports;
}

/**
 * @param {Node} node
 * @returns {Node | undefined}
 */
function sourceOf(node) {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node.source;
    case "TSExternalModuleReference":
      return node.expression;
    case "CallExpression":
      return isRequire(node.callee) ? node.arguments[0] : undefined;
    default:
      return undefined;
  }
}

/** @param {Node} callee */
function isRequire({ type, name, object, property }) {
  if (type === "Identifier") {
    return name === "require";
  }
  return (
    type === "MemberExpression" && object.type === "MetaProperty" && property.name === "resolve"
  );
}

/** @param {string} text */
function goImports(text) {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const blocks = [...code.matchAll(/^import\s*\(([^)]*)\)/gm)].map(([, block = ""]) => block);
  const single = [...code.matchAll(/^import\s+(?:[\w.]+\s+)?("[^"]+")/gm)].map(
    ([, one = ""]) => one,
  );
  return [...blocks, ...single].flatMap((block) =>
    [...block.matchAll(/"([^"]+)"/g)].map(([, path = ""]) => path),
  );
}

/** @param {string} text */
function pythonImports(text) {
  const code = text.replaceAll(/("""|''')[\s\S]*?\1/g, '""').replaceAll(/#.*$/gm, "");
  const from = [...code.matchAll(/^\s*from\s+([\w.]+)\s+import\s+(\([^)]*\)|[^\n]*)/gm)];
  const plain = [...code.matchAll(/^\s*import\s+([^\n]+)/gm)];
  const dynamic = [...code.matchAll(/(?:import_module|__import__)\(\s*["']([\w.]+)["']/g)];
  return [
    ...from.flatMap(([, module = "", names = ""]) =>
      words(names).map((name) => `${module}.${name}`),
    ),
    ...plain.flatMap(([, names = ""]) => words(names)),
    ...dynamic.map(([, module = ""]) => module),
  ];
}

/** @param {string} names `a as b, c` */
function words(names) {
  return names
    .replaceAll(/[()]/g, "")
    .split(",")
    .map((name) => String(name.trim().split(/\s+/)[0]))
    .filter((name) => name !== "");
}

/**
 * @param {string} specifier
 * @returns {Import}
 */
function value(specifier) {
  return { specifier, typeOnly: false };
}
