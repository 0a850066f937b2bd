// @ts-check
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "rolldown";

/**
 * What more than one entry needs. Importing a file costs more than what stands in it, so these are
 * few. But a page that only tells our errors must not load a client to do so, so what `.`, `/otel`
 * and `/testing` need stands apart.
 *
 * @type {import("rolldown").CodeSplittingGroup[]}
 */
const SHARED = [
  {
    name: "base",
    test: /[\\/](answer_metadata|bounded_text|call|callbacks|callers_stack|details|did_you_mean|errors|otel_registry|otel_telemetry|policy|runtime|thrown|version)\.ts$/,
  },
  // By /node, by /web, and by /client and /roster over each of them.
  { name: "transport", minShareCount: 6 },
];

const folder = new URL("./", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
const entries = targetsOf([manifest.exports, manifest.bin]).map((target) =>
  target.slice("./dist/".length, -".js".length),
);

await build({
  cwd: fileURLToPath(folder),
  input: Object.fromEntries(entries.map((name) => [name, `./src/${name}.ts`])),
  external: /^[^./]/,
  platform: "neutral",
  preserveEntrySignatures: "allow-extension",
  tsconfig: "tsconfig.build.json",
  output: {
    dir: "dist",
    cleanDir: true,
    chunkFileNames: "[name].js",
    codeSplitting: { groups: SHARED },
    minifyInternalExports: false,
  },
});

/**
 * @param {unknown} entry Of exports or bin: a file, or more entries by their names or conditions.
 * @returns {string[]}
 */
function targetsOf(entry) {
  return typeof entry === "string" ? [entry] : Object.values(Object(entry)).flatMap(targetsOf);
}
