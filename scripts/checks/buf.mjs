// @ts-check
import { run } from "../command.mjs";
import { verdictOf } from "./tree.mjs";

/** @type {import("./tree.mjs").Check} */
export const bufLint = {
  name: "buf-lint",
  about: "buf lint: names, comments and structure of every proto",
  async run({ root }) {
    return verdictOf(await run("buf", ["lint"], { cwd: root }));
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
