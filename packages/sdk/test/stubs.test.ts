import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readImage } from "@ameideio/core-proto/image";
import { describe, expect, it } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));

/** Every package of ours, by its path in core-proto: `ameide/threads/v1`. */
const paths = [
  ...new Set(
    fromBinary(FileDescriptorSetSchema, readImage())
      .file.map((file) => file.package.replaceAll(".", "/"))
      .filter((path) => /^(ameide|beamline)\//.test(path)),
  ),
];

/** The same, as the SDK names its stubs: `threads/v1`, `beamline/flow/v1`. */
const packages = paths.map(nameOf);

const SDK = "@ameideio/ameide-sdk-ts";
const CORE = "@ameideio/core-proto";

function nameOf(path: string): string {
  return path.replace(/^ameide\//, "");
}

interface Names {
  readonly imported: readonly string[];
  readonly required: readonly string[];
}

/** The names that a user's program gets of each module, by both kinds of loading. */
function namesOf(modules: readonly string[]): Record<string, Names> {
  // `import` adds names to what only `require` knows; which, depends on Node.js.
  const program = `
    import { createRequire } from "node:module";
    const require = createRequire(process.cwd() + "/program.js");
    const own = (module) =>
      Object.keys(module).filter((name) => !/^(__esModule|default|module.exports)$/.test(name)).sort();
    const entries = ${JSON.stringify(modules)}.map(async (name) => [
      name,
      { imported: own(await import(name)), required: own(require(name)) },
    ]);
    process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(entries))));`;
  const args = ["--input-type=module", "--eval", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Record<string, Names>;
}

describe("the stubs under the SDK's name", () => {
  it("are those of every proto package, and no others", () => {
    expect(packages).toEqual(expect.arrayContaining(["threads/v1", "beamline/flow/v1"]));
    for (const format of ["dist/stubs", "dist/cjs/stubs"]) {
      const files = readdirSync(`${folder}${format}`, { recursive: true, encoding: "utf8" });
      const names = files.filter((file) => file.endsWith(".js")).map((file) => file.slice(0, -3));
      expect(names.toSorted()).toEqual(packages.toSorted());
      const declared = packages.map((name) => existsSync(`${folder}${format}/${name}.d.ts`));
      expect(declared).toEqual(packages.map(() => true));
    }
  });

  it("have all that core-proto has", () => {
    const names = namesOf(paths.flatMap((path) => [`${SDK}/${nameOf(path)}`, `${CORE}/${path}`]));
    for (const path of paths) {
      const name = nameOf(path);
      const stubs = names[`${CORE}/${path}`];
      expect(stubs?.imported.length).toBeGreaterThan(1);
      expect(stubs?.required).toEqual(stubs?.imported);
      expect([name, names[`${SDK}/${name}`]]).toEqual([name, stubs]);
    }
  });
});
