// @ts-check
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../command.mjs";
import { goModules, tidyDifference } from "../go_modules.mjs";
import { buildGoTools } from "../go_tools.mjs";
import { MissingTool } from "../missing_tool.mjs";
import { verdictOf } from "./tree.mjs";

const STATICCHECK = "honnef.co/go/tools/cmd/staticcheck";
/** Lines of a difference. */
const SHOWN = 12;
const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** @type {import("./tree.mjs").Check} */
export const go = {
  name: "go",
  about: "gofmt, go vet, staticcheck, and every go.mod is tidy (mend with: gofmt -w, pnpm tidy)",
  async run(tree) {
    const modules = goModules(tree.files, tree.read);
    if (modules.length === 0) {
      return { problems: ["saw no go.mod"] };
    }
    try {
      const [staticcheck = ""] = await buildGoTools(REPOSITORY, [STATICCHECK]);
      const problems = await unformatted(tree);
      for (const module of modules) {
        problems.push(...(await moduleProblems(tree, { module, modules, staticcheck })));
      }
      return { problems, note: `${modules.length} modules` };
    } catch (error) {
      if (!(error instanceof MissingTool)) {
        throw error;
      }
      if (tree.ci) {
        return { problems: [error.message] };
      }
      return { problems: [], note: `not checked: ${error.message}` };
    }
  },
};

/** @param {import("./tree.mjs").Tree} tree */
async function unformatted({ root, files }) {
  const sources = files.filter((file) => file.endsWith(".go"));
  if (sources.length === 0) {
    return [];
  }
  const { code, stdout, stderr } = await run("gofmt", ["-l", ...sources], { cwd: root });
  if (code !== 0) {
    return [stderr.trimEnd()];
  }
  const differ = stdout.split("\n").filter((file) => file !== "");
  return differ.map((file) => `${file}: gofmt -w ${file}`);
}

/**
 * @param {import("./tree.mjs").Tree} tree
 * @param {object} given
 * @param {import("../go_modules.mjs").GoModule} given.module
 * @param {import("../go_modules.mjs").GoModule[]} given.modules
 * @param {string} given.staticcheck
 */
async function moduleProblems({ root, files }, { module, modules, staticcheck }) {
  const problems = [];
  const { folder } = module;
  if (files.some((file) => file.startsWith(`${folder}/`) && file.endsWith(".go"))) {
    const options = { cwd: join(root, folder), timeoutMs: 600_000 };
    const vet = verdictOf(await run("go", ["vet", "./..."], options));
    problems.push(...vet.problems);
    // What does not compile would be told twice.
    if (vet.problems.length === 0) {
      problems.push(...verdictOf(await run(staticcheck, ["./..."], options)).problems);
    }
  }
  const difference = await tidyDifference({ root, module, modules });
  if (difference !== "") {
    const changed = difference.split("\n").filter((line) => /^[-+]/.test(line));
    const more = changed.length > SHOWN ? [`and ${changed.length - SHOWN} lines more`] : [];
    const lines = [...changed.slice(0, SHOWN), ...more];
    problems.push(["is not tidy (mend with: pnpm tidy)", ...lines].join("\n"));
  }
  return problems.map((problem) => `${folder}: ${problem.trimEnd()}`);
}
