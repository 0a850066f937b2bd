// @ts-check
import { dirname, join, normalize } from "node:path/posix";

import { upwardImports } from "./inside.mjs";
import { impurities } from "./pure.mjs";
import { developable, importable, isTest, roomOf, ROOMS } from "./layers.mjs";
import { importsOf } from "./specifiers.mjs";

/** Prefixes of the names under which our own packages are imported. */
const OUR_NAMES = ["@ameideio/", "github.com/ameideio/", "ameide_"];

/** @type {import("./tree.mjs").Check} */
export const imports = {
  name: "imports",
  about:
    "rooms import only from layers below, and inside in order, without cycles; the policy core is pure",
  run(tree) {
    const names = namesOf(tree);
    const sources = tree.files.filter((file) => roomOf(file) && !tree.isGenerated(file));
    let seen = 0;
    const problems = sources.flatMap((file) => {
      const found = importsOf(file, tree.read(file));
      if (found === undefined) {
        return [];
      }
      seen++;
      return found.flatMap(({ specifier }) => misdirected({ file, specifier, names }));
    });
    problems.push(...unlisted(tree), ...dependencyProblems(tree, names), ...cycles(tree));
    problems.push(...upwardImports(tree), ...impurities(tree));
    if (seen === 0) {
      problems.push("saw no source file");
    }
    return { problems, note: `${seen} files` };
  },
};

/**
 * The import names of our packages with the room each lies in.
 *
 * @param {import("./tree.mjs").Tree} tree
 * @returns {Map<string, import("./layers.mjs").Room>}
 */
function namesOf(tree) {
  /** @type {Map<string, import("./layers.mjs").Room>} */
  const names = new Map();
  for (const room of ROOMS) {
    for (const name of room.python ?? []) {
      names.set(name, room);
    }
  }
  for (const file of tree.files) {
    const room = roomOf(file);
    if (room === undefined) {
      continue;
    }
    if (file.endsWith("/package.json")) {
      const { name } = JSON.parse(tree.read(file));
      if (typeof name === "string") {
        names.set(name, room);
      }
    } else if (file.endsWith("/go.mod")) {
      const path = /^module\s+(\S+)/m.exec(tree.read(file))?.[1];
      if (path !== undefined) {
        names.set(path, room);
      }
    }
  }
  return names;
}

/**
 * @param {{ file: string, specifier: string, names: Map<string, import("./layers.mjs").Room> }} given
 * @returns {string[]}
 */
function misdirected({ file, specifier, names }) {
  const room = roomOf(file);
  if (room === undefined) {
    return [];
  }
  if (/^\.\.?(\/|$)/.test(specifier)) {
    const target = roomOf(normalize(join(dirname(file), specifier)));
    if (target === undefined || target === room) {
      return [];
    }
    return [`${file}: reaches into ${target.name} by ${specifier}, use the package's name`];
  }
  const target = lookUp(specifier, names);
  if (target === undefined) {
    const ours = OUR_NAMES.some((prefix) => specifier.startsWith(prefix));
    return ours ? [`${file}: imports ${specifier}, which is no package of ours`] : [];
  }
  const allowed = importable(room, { test: isTest(file) });
  if (allowed.includes(target.name)) {
    return [];
  }
  return [`${file}: imports ${specifier}: ${rule(room, allowed, target)}`];
}

/**
 * @param {import("./layers.mjs").Room} room
 * @param {string[]} allowed
 * @param {import("./layers.mjs").Room} target
 */
function rule(room, allowed, target) {
  const others = allowed.filter((name) => name !== room.name);
  const may = others.length === 0 ? "nothing of ours" : others.join(", ");
  return `${room.name} (layer ${room.layer}) may use ${may}, not ${target.name} (layer ${target.layer})`;
}

/**
 * The room of the longest package name that a specifier is, or lies below.
 *
 * @param {string} specifier
 * @param {Map<string, import("./layers.mjs").Room>} names
 */
function lookUp(specifier, names) {
  for (let end = specifier.length; end > 0; end = lastBreak(specifier, end)) {
    const room = names.get(specifier.slice(0, end));
    if (room !== undefined) {
      return room;
    }
  }
  return undefined;
}

/**
 * @param {string} specifier
 * @param {number} before
 */
function lastBreak(specifier, before) {
  const head = specifier.slice(0, before);
  // A dot separates packages in Python only, where there is no slash.
  return head.lastIndexOf(specifier.includes("/") ? "/" : ".");
}

/**
 * Folders under packages/ without a place in the order.
 *
 * @param {import("./tree.mjs").Tree} tree
 */
function unlisted({ files }) {
  const folders = new Set(files.map((file) => /^packages\/[^/]+(?=\/)/.exec(file)?.[0] ?? ""));
  folders.delete("");
  return [...folders]
    .filter((folder) => !ROOMS.some(({ path }) => path === folder))
    .map((folder) => `${folder}: has no layer, give it one in scripts/checks/layers.mjs`);
}

/**
 * @param {import("./tree.mjs").Tree} tree
 * @param {Map<string, import("./layers.mjs").Room>} names
 */
function dependencyProblems(tree, names) {
  return tree.files
    .filter((file) => file.endsWith("/package.json"))
    .flatMap((file) => {
      const room = roomOf(file);
      if (room === undefined) {
        return [];
      }
      /** @type {import("../workspace.mjs").Manifest} */
      const manifest = JSON.parse(tree.read(file));
      const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
      const used = { ...dependencies, ...peerDependencies, ...optionalDependencies };
      /** @param {Record<string, string>} entries @param {string[]} allowed */
      const refused = (entries, allowed) =>
        Object.keys(entries).flatMap((name) => {
          const target = names.get(name);
          if (target === undefined || allowed.includes(target.name)) {
            return [];
          }
          return [`${file}: depends on ${name}: ${rule(room, allowed, target)}`];
        });
      return [
        ...refused(used, importable(room, { test: false })),
        ...refused(devDependencies ?? {}, developable(room)),
      ];
    });
}

/**
 * Cycles among the packages of the workspace, devDependencies included.
 *
 * @param {import("./tree.mjs").Tree} tree
 */
function cycles(tree) {
  const edges = new Map(
    tree.packages().map(({ manifest }) => [
      manifest.name ?? "",
      Object.keys({
        ...manifest.dependencies,
        ...manifest.devDependencies,
        ...manifest.peerDependencies,
      }),
    ]),
  );
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const problems = [];
  /** @param {string} name @param {string[]} path */
  const visit = (name, path) => {
    if (path.includes(name)) {
      problems.push(`cycle: ${[...path.slice(path.indexOf(name)), name].join(" → ")}`);
    } else if (!done.has(name)) {
      done.add(name);
      for (const next of edges.get(name) ?? []) {
        if (edges.has(next)) {
          visit(next, [...path, name]);
        }
      }
    }
  };
  for (const name of edges.keys()) {
    visit(name, []);
  }
  return problems;
}
