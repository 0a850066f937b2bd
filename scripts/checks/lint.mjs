// @ts-check
import { run } from "../command.mjs";
import { verdictOf } from "./tree.mjs";

/** @type {import("./tree.mjs").Check} */
export const lint = {
  name: "lint",
  about: "oxlint, type-aware, warnings denied",
  async run({ root, build }) {
    // Types of a package reach its users through its build.
    const unbuilt = await build();
    if (unbuilt.length > 0) {
      return { problems: unbuilt };
    }
    const args = ["--type-aware", "--deny-warnings", "--report-unused-disable-directives", "."];
    return verdictOf(await run("oxlint", args, { cwd: root }));
  },
};
