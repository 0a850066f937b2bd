import { execFile } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { readRecipe } from "../recipes/page.js";

const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));

/** What protos of users may import, by the folder it lies in. */
const MODULES = {
  sdk: join(ROOT, "packages/sdk/dist/proto"),
  googleapis: join(ROOT, "packages/sdk/dist/googleapis"),
};

/**
 * Generates stubs of protos, as a user does who has the SDK.
 *
 * @param protos - Text by path, which begins with `proto/`.
 * @param template - buf.gen.yaml, but for its version.
 * @throws Error with what buf said.
 */
export async function generateStubs(
  folder: string,
  protos: ReadonlyMap<string, string>,
  template: object,
): Promise<void> {
  for (const [name, from] of Object.entries(MODULES)) {
    await cp(from, join(folder, name), { recursive: true });
  }
  for (const [path, text] of protos) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const modules = ["proto", ...Object.keys(MODULES)].map((path) => ({ path }));
  await writeFile(join(folder, "buf.yaml"), JSON.stringify({ version: "v2", modules }));
  await writeFile(join(folder, "buf.gen.yaml"), JSON.stringify({ version: "v2", ...template }));
  const tools = join(ROOT, "node_modules/.bin");
  await promisify(execFile)(join(tools, "buf"), ["generate", "proto"], {
    cwd: folder,
    env: { ...process.env, PATH: [tools, process.env["PATH"]].join(delimiter) },
  });
}

/**
 * Reads the template of a recipe of docs/bring-your-own.md.
 *
 * @param pathOf - Path of the plugin that a recipe names.
 */
export function templateOf(recipe: string, pathOf: (plugin: string) => string | undefined): object {
  const stated = readRecipe("bring-your-own.md", recipe).files.get("buf.gen.yaml");
  const { inputs: _, ...template } = parse(stated ?? "") as {
    readonly inputs: unknown;
    readonly plugins: readonly { readonly local: string }[];
  };
  return {
    ...template,
    plugins: template.plugins.map((plugin) => ({ ...plugin, local: pathOf(plugin.local) })),
  };
}
