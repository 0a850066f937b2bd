import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { textOf } from "./plan_file.js";

/** How each plugin that a template may name is installed, but for those of ameide-tools. */
const INSTALL: Readonly<Record<string, string>> = {
  "protoc-gen-es": "npm install --save-dev @bufbuild/protoc-gen-es",
  "protoc-gen-go": "go install google.golang.org/protobuf/cmd/protoc-gen-go@latest",
  "protoc-gen-connect-go": "go install connectrpc.com/connect/cmd/protoc-gen-connect-go@latest",
  "protoc-gen-py": "pip install protoc-gen-py",
  "protoc-gen-connectrpc": "pip install protoc-gen-connectrpc",
};

/**
 * Lists what else a workspace needs for its template, a line each: commands, with a comment.
 *
 * @param template - Its text.
 */
export async function adviceFor(folder: string, template: string): Promise<string[]> {
  const named = [...template.matchAll(/^ *- local: (\S+)$/gm)].map(([, plugin = ""]) => plugin);
  const needed = named.filter((plugin) => plugin in INSTALL);
  const lacking = await Promise.all(
    needed.map(async (plugin) => ((await isInstalled(plugin, folder)) ? [] : [plugin])),
  );
  const commonJs = named.includes("protoc-gen-es") && (await isCommonJs(folder));
  return [
    ...lacking.flat().map((plugin) => `${INSTALL[plugin]} # ${plugin} is not on the PATH`),
    ...(commonJs ? ["npm pkg set type=module # stubs in gen/ts are ES modules"] : []),
  ];
}

async function isInstalled(program: string, folder: string): Promise<boolean> {
  const path = [join(folder, "node_modules/.bin"), ...(process.env["PATH"] ?? "").split(delimiter)];
  const suffixes = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
  const found = await Promise.all(
    path
      .flatMap((place) => suffixes.map((suffix) => join(place, `${program}${suffix}`)))
      .map((file) =>
        access(file, constants.X_OK).then(
          () => true,
          () => false,
        ),
      ),
  );
  return found.includes(true);
}

async function isCommonJs(folder: string): Promise<boolean> {
  const text = await textOf(join(folder, "package.json"));
  return text !== undefined && !/"type"\s*:\s*"module"/.test(text);
}
