// @ts-check
// Bundles the programs of packages that are not published, and copies what they come with: policy.proto,
// and the inspectors that Go and Python run from their sources. `go build ./...` passes over folders whose
// name begins with a low line.
import { chmodSync, cpSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "rolldown";

const folder = fileURLToPath(new URL("./", import.meta.url));
const programs = readdirSync(`${folder}src`).map((file) => file.replace(/\.ts$/, ""));
const DEPENDENCIES = ["@bufbuild/protobuf", "@bufbuild/protoplugin", "typescript"];

await build({
  cwd: folder,
  input: {
    ...Object.fromEntries(programs.map((name) => [name, `./src/${name}.ts`])),
    inspector: "@ameideio/manifest/inspector",
  },
  external: (id) => DEPENDENCIES.some((name) => id === name || id.startsWith(`${name}/`)),
  platform: "node",
  output: {
    dir: "dist",
    cleanDir: true,
    format: "es",
    chunkFileNames: "[name].js",
    comments: { annotation: true, legal: true, jsdoc: false },
  },
});
for (const name of programs) {
  chmodSync(`${folder}dist/${name}.js`, 0o755);
}

const manifest = fileURLToPath(
  new URL("./", import.meta.resolve("@ameideio/manifest/package.json")),
);
for (const [language, source] of Object.entries({ go: /(?<!_test)\.go$/, python: /\.py$/ })) {
  for (const file of readdirSync(`${manifest}${language}`).filter((each) => source.test(each))) {
    cpSync(`${manifest}${language}/${file}`, `${folder}dist/_inspector_${language}/${file}`);
  }
}
cpSync(
  new URL("../../proto/ameide/policy/v1/policy.proto", import.meta.url),
  `${folder}dist/policy.proto`,
);
