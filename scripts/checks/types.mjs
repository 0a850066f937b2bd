// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";

import { run } from "../command.mjs";
import { verdictOf } from "./tree.mjs";

/** @type {import("./tree.mjs").Check} */
export const types = {
  name: "types",
  about: "tsc: every package with its tests, and the scripts",
  async run({ root, files, packages, build }) {
    const unbuilt = await build();
    if (unbuilt.length > 0) {
      return { problems: unbuilt };
    }
    const problems = [];
    let projects = 0;
    for (const { directory } of packages()) {
      const project = join(directory, "tsconfig.json");
      if (existsSync(join(root, project))) {
        projects++;
        const args = ["--noEmit", "--pretty", "false", "-p", project];
        problems.push(...verdictOf(await run("tsc", args, { cwd: root })).problems);
      } else if (files.some((file) => isOurScript(file, directory))) {
        problems.push(`${directory}: has TypeScript or JavaScript but no tsconfig.json`);
      }
    }
    if (projects === 0) {
      problems.push("saw no project");
    }
    return { problems, note: `${projects} projects` };
  },
};

/**
 * @param {string} file
 * @param {string} directory
 */
function isOurScript(file, directory) {
  return file.startsWith(`${directory}/`) && /\.[cm]?[jt]s$/.test(file);
}
