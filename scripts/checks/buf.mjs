// @ts-check
import { run } from "../command.mjs";
import { annotationLines } from "./annotations.mjs";
import { verdictOf } from "./tree.mjs";

/** The package of the plugin that buf.yaml names: buf starts it for every lint and breaking check. */
export const LINT_PLUGIN = "@ameideio/buf-plugin-ameide";

/** @type {import("./tree.mjs").Check} */
export const bufLint = {
  name: "buf-lint",
  about: "buf lint: names, comments, structure; idempotency, tenant, pages, names in each language",
  async run({ root, build }) {
    const unbuilt = await build(LINT_PLUGIN);
    if (unbuilt.length > 0) {
      return { problems: unbuilt };
    }
    const { code, stdout, stderr } = await run("buf", ["lint", "--error-format", "json"], {
      cwd: root,
    });
    return verdictOf({ code, stdout: annotationLines(stdout), stderr });
  },
};

/** @type {import("./tree.mjs").Check} */
export const bufFormat = {
  name: "buf-format",
  about: "buf format: our protos are formatted (mend with: pnpm format)",
  async run({ root }) {
    const args = ["format", "--diff", "--exit-code", "--exclude-path", "third_party"];
    return verdictOf(await run("buf", args, { cwd: root }));
  },
};
