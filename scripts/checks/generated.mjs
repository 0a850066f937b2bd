// @ts-check
import { run } from "../command.mjs";
import { verdictOf } from "./tree.mjs";

/** @type {import("./tree.mjs").Check} */
export const generated = {
  name: "generated",
  about: "stubs and policy.json are what protos and table generate (mend with: pnpm generate)",
  async run({ root }) {
    const args = ["scripts/generate.mjs", "--check"];
    return verdictOf(await run(process.execPath, args, { cwd: root, timeoutMs: 600_000 }));
  },
};
