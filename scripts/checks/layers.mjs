// @ts-check

/**
 * A folder of the repository with a place in the import order.
 *
 * @typedef {object} Room
 * @property {string} name
 * @property {string} path
 * @property {number} layer
 * @property {string[]} uses The rooms it may import, all of them on lower layers.
 * @property {string[]} [tools] Rooms it is made with: devDependencies that its code never imports.
 * @property {string[]} [python] Import names of its Python packages; other languages' names are read
 *   from package.json and go.mod.
 */

/**
 * The import order, lowest layer first. A room imports only from layers below it.
 *
 * @type {Room[]}
 */
export const ROOMS = [
  // The scripts run before anything is built.
  { name: "scripts", path: "scripts", layer: 0, uses: [] },

  { name: "protoc-gen-ameide", path: "packages/protoc-gen-ameide", layer: 1, uses: [] },
  {
    name: "core-proto",
    path: "packages/core-proto",
    layer: 1,
    uses: [],
    tools: ["protoc-gen-ameide"],
    python: ["ameide_core_proto"],
  },
  {
    name: "conformance-proto",
    path: "packages/conformance-proto",
    layer: 1,
    uses: [],
    tools: ["protoc-gen-ameide"],
    python: ["ameide_conformance_proto"],
  },

  {
    name: "buf-plugin-ameide",
    path: "packages/buf-plugin-ameide",
    layer: 2,
    uses: ["protoc-gen-ameide"],
  },
  { name: "sdk", path: "packages/sdk", layer: 2, uses: ["core-proto"] },
  { name: "sdk-go", path: "packages/sdk-go", layer: 2, uses: ["core-proto"] },
  {
    name: "sdk-python",
    path: "packages/sdk-python",
    layer: 2,
    uses: ["core-proto"],
    python: ["ameide_sdk"],
  },
  { name: "reference-server", path: "packages/reference-server", layer: 2, uses: ["core-proto"] },
  { name: "fault-server", path: "packages/fault-server", layer: 2, uses: ["conformance-proto"] },

  // An adapter sees its SDK as every user does: by its public entry.
  adapter("sdk"),
  adapter("sdk-go"),
  adapter("sdk-python"),
  {
    name: "conformance",
    path: "packages/conformance",
    layer: 3,
    uses: ["scripts", "conformance-proto", "fault-server"],
  },
  {
    name: "e2e",
    path: "packages/e2e",
    layer: 3,
    uses: [
      "scripts",
      "conformance-proto",
      "core-proto",
      "sdk",
      "sdk-go",
      "sdk-python",
      "reference-server",
      "fault-server",
    ],
  },
  // Its inspectors look at the SDKs as users see them.
  {
    name: "manifest",
    path: "packages/manifest",
    layer: 3,
    uses: [
      "scripts",
      "protoc-gen-ameide",
      "core-proto",
      "conformance-proto",
      "sdk",
      "sdk-go",
      "sdk-python",
    ],
  },

  // The suites are programs beside it: it reads the verdicts they leave.
  {
    name: "parity",
    path: "packages/parity",
    layer: 4,
    uses: ["scripts", "manifest", "conformance-proto"],
  },
  {
    name: "bench",
    path: "packages/bench",
    layer: 4,
    uses: ["scripts", "core-proto", "sdk", "sdk-go", "sdk-python", "manifest"],
    tools: ["protoc-gen-ameide"],
  },
  {
    name: "tools",
    path: "packages/tools",
    layer: 4,
    uses: ["protoc-gen-ameide", "buf-plugin-ameide", "manifest"],
  },
  { name: "guard", path: "packages/guard", layer: 4, uses: ["manifest"] },
  { name: "release", path: "packages/release", layer: 4, uses: ["manifest"] },
  { name: "configuration", path: "packages/configuration", layer: 4, uses: ["manifest"] },
  {
    name: "examples",
    path: "examples",
    layer: 5,
    uses: [
      "core-proto",
      "sdk",
      "sdk-go",
      "sdk-python",
      "reference-server",
      "fault-server",
      "tools",
    ],
  },
];

/**
 * The order inside a package: each of these folders imports only from itself and those before it,
 * types included. Files beside the folders are the package's entries, and import from all.
 */
export const INSIDE = {
  "packages/sdk/src":
    "policy errors runtime telemetry auth options config wire protocol http fetch call transport clients events fixtures bin",
  "packages/sdk-python/src/ameide_sdk/_internal":
    "policy errors runtime telemetry auth options config wire http call transport clients events fixtures testing",
  "packages/conformance/src": "common suite adapter compare run report fuzz cli connect wrong",
  "packages/e2e/src": "common integration leak soak runtimes demo",
};

/**
 * Folders that hold no clock, timer, randomness, log or network, and import nothing but themselves and,
 * in Python, modules of its library that only compute.
 */
export const PURE = [
  "packages/sdk/src/policy",
  "packages/sdk-python/src/ameide_sdk/_internal/policy",
];

/** Rooms that tests of the layers from theirs up may use, too; they never use an SDK. */
export const TEST_ROOMS = {
  layer: 2,
  names: ["conformance-proto", "fault-server", "reference-server"],
};

/**
 * The room a file lies in: the one with the longest path.
 *
 * @param {string} file
 * @returns {Room | undefined}
 */
export function roomOf(file) {
  return ROOMS.filter(({ path }) => file === path || file.startsWith(`${path}/`)).reduce(
    (/** @type {Room | undefined} */ best, room) =>
      best === undefined || room.path.length > best.path.length ? room : best,
    undefined,
  );
}

/**
 * Reports whether a file is test code, by its name or folder.
 *
 * @param {string} file
 */
export function isTest(file) {
  return (
    /(\.test\.[cm]?[jt]sx?|_test\.go)$/.test(file) ||
    /(^|\/)(test_[^/]*|conftest)\.py$/.test(file) ||
    /(^|\/)(tests?|testdata|harness)\//.test(file) ||
    /(^|\/)vitest\.[^/]*$/.test(file)
  );
}

/**
 * The names of the rooms that code of a room may import.
 *
 * @param {Room} room
 * @param {{ test: boolean }} options
 */
export function importable(room, { test }) {
  if (!test || room.layer < TEST_ROOMS.layer) {
    return [room.name, ...room.uses];
  }
  return [room.name, ...room.uses, ...TEST_ROOMS.names];
}

/**
 * The names of the rooms that a room's devDependencies may hold: those of its tests, of the tools it
 * is made with, and of the adapter inside it.
 *
 * @param {Room} room
 */
export function developable(room) {
  const inside = ROOMS.filter(({ path }) => path.startsWith(`${room.path}/`));
  return [
    ...importable(room, { test: true }),
    ...(room.tools ?? []),
    ...inside.flatMap(({ uses }) => uses),
  ];
}

/**
 * @param {string} sdk
 * @returns {Room}
 */
function adapter(sdk) {
  return {
    name: `${sdk}/conformance`,
    path: `packages/${sdk}/conformance`,
    layer: 3,
    uses: ["conformance-proto", sdk],
  };
}
