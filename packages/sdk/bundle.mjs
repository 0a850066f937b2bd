// @ts-check
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "rolldown";

const folder = new URL("./", import.meta.url);

/** What `.`, `/otel`, `/testing`, `/events` and `/fixtures` need, besides others. */
const BASE = [
  "call/call_options",
  "errors/answer_metadata",
  "errors/bounded_text",
  "errors/details",
  "errors/did_you_mean",
  "errors/errors",
  "errors/read_options",
  "errors/thrown",
  "options/check_call_options",
  "policy/deadline",
  "policy/policy",
  "policy/policy_table",
  "runtime/callbacks",
  "runtime/callers_stack",
  "runtime/request_id",
  "runtime/runtime",
  "runtime/version",
  "telemetry/otel_registry",
  "telemetry/otel_telemetry",
].map((module) => fileURLToPath(new URL(`src/${module}.ts`, folder)));

/**
 * What more than one entry needs. Importing a file costs more than what stands in it, so these are
 * few. But a page that only tells our errors must not load a client to do so, so what `.`, `/otel`,
 * `/testing`, `/events` and `/fixtures` need stands apart.
 *
 * @type {import("rolldown").CodeSplittingGroup[]}
 */
const SHARED = [
  { name: "base", test: (id) => BASE.includes(id), priority: 2 },
  // By /node, by /web, and by /client and /roster over each of them.
  { name: "transport", minShareCount: 6, priority: 1 },
];

/**
 * Escapes what is not ASCII: V8 keeps a file with one such character at two bytes for each.
 *
 * @type {import("rolldown").Plugin}
 */
const ASCII = {
  name: "ascii",
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk") {
        file.code = file.code.replace(
          /[\u0080-\uffff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
      }
    }
  },
};

const manifest = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
const programs = namesOf(manifest.bin);
const entries = namesOf(manifest.exports);

/** @type {Record<"es" | "cjs", { dir: string, names: string[] }>} */
const FORMATS = {
  es: { dir: "dist", names: [...entries, ...programs] },
  // For `require`, and so for Jest as it comes. A program needs no second format.
  cjs: { dir: "dist/cjs", names: entries },
};

for (const format of /** @type {const} */ (["es", "cjs"])) {
  const { dir, names } = FORMATS[format];
  await build({
    cwd: fileURLToPath(folder),
    input: Object.fromEntries(names.map((name) => [name, `./src/${name}.ts`])),
    external: /^[^./]/,
    platform: "neutral",
    preserveEntrySignatures: "allow-extension",
    tsconfig: "tsconfig.build.json",
    plugins: [ASCII],
    output: {
      dir,
      cleanDir: true,
      format,
      esModule: true,
      // Plain Jest has no import().
      dynamicImportInCjs: false,
      chunkFileNames: "[name].js",
      codeSplitting: { groups: SHARED },
      minifyInternalExports: false,
      // The declarations have them for people; an import reads past them each time.
      comments: { annotation: true, legal: true, jsdoc: false },
    },
  });
}
// Whoever runs or compiles takes a file's format from the package.json above it.
writeFileSync(new URL("dist/cjs/package.json", folder), '{ "type": "commonjs" }\n');

// The stubs, under the SDK's name: `/threads/v1` is all of `ameide.threads.v1`, `/beamline/flow/v1` of
// `beamline.flow.v1`. package.json names them by one pattern, so a new proto package needs no line here either.
const core = "@ameideio/core-proto";
const generated = new URL("gen/", import.meta.resolve(`${core}/package.json`));
for (const file of readdirSync(generated, { recursive: true, encoding: "utf8" })) {
  const [, path] = /^((?:ameide|beamline)\/.+)\/index\.js$/.exec(file.replaceAll("\\", "/")) ?? [];
  if (path === undefined) {
    continue;
  }
  const name = path.replace(/^ameide\//, "");
  const all = `export * from "${core}/${path}";\n`;
  write(`dist/stubs/${name}.js`, all);
  write(`dist/stubs/${name}.d.ts`, all);
  write(`dist/cjs/stubs/${name}.js`, `module.exports = require("${core}/${path}");\n`);
  write(`dist/cjs/stubs/${name}.d.ts`, all);
}

// For protos of users, under the paths that they import. Two folders, as buf refuses a file that two
// modules have: whoever has googleapis already names the first alone.
const protos = {
  "dist/proto/ameide/policy/v1/policy.proto": "proto/ameide/policy/v1/policy.proto",
  "dist/googleapis/google/api/field_info.proto":
    "third_party/googleapis/google/api/field_info.proto",
  "dist/googleapis/LICENSE": "third_party/googleapis/LICENSE",
};
for (const [to, from] of Object.entries(protos)) {
  cpSync(new URL(`../../${from}`, folder), new URL(to, folder));
}

/**
 * @param {string} file Relative to the package.
 * @param {string} text
 */
function write(file, text) {
  const url = new URL(file, folder);
  mkdirSync(dirname(fileURLToPath(url)), { recursive: true });
  writeFileSync(url, text);
}

/**
 * @param {unknown} entry Of exports or bin.
 * @returns {string[]} The names of what is imported: files of dist made from src, without their ending.
 */
function namesOf(entry) {
  const targets = targetsOf(entry).filter((target) => /^\.\/dist\/(?!cjs\/)[^*]+$/.test(target));
  return [...new Set(targets)].map((target) => target.slice("./dist/".length, -".js".length));
}

/**
 * @param {unknown} entry Of exports or bin: a file, or more entries by their names or conditions.
 * @returns {string[]}
 */
function targetsOf(entry) {
  return typeof entry === "string" ? [entry] : Object.values(Object(entry)).flatMap(targetsOf);
}
