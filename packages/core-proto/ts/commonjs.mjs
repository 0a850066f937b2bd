// @ts-check
// Makes of what is generated the same for `require`: dist/cjs, file for file. The
// image is there once, for both.
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "rolldown";

const folder = fileURLToPath(new URL("./", import.meta.url));
const gen = join(folder, "gen");
const out = join(folder, "dist", "cjs");
const files = readdirSync(gen, { recursive: true, encoding: "utf8" });

await build({
  cwd: folder,
  input: files.filter((file) => file.endsWith(".js")).map((file) => join(gen, file)),
  external: /^[^./]/,
  platform: "node",
  preserveEntrySignatures: "strict",
  plugins: [
    {
      name: "image",
      transform: {
        filter: { id: /image\.js$/ },
        handler: (code) => code.replace('"./image.binpb"', '"../../gen/image.binpb"'),
      },
    },
  ],
  output: {
    dir: out,
    cleanDir: true,
    format: "cjs",
    esModule: true,
    preserveModules: true,
    preserveModulesRoot: gen,
    // Plain Jest has no import().
    dynamicImportInCjs: false,
  },
});
// A compiler takes the format of declarations from the package.json above them.
writeFileSync(join(out, "package.json"), '{ "type": "commonjs" }\n');
for (const file of files.filter((each) => each.endsWith(".d.ts"))) {
  cpSync(join(gen, file), join(out, file));
}
