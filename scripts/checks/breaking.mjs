// @ts-check
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { run } from "../command.mjs";
import { annotationLines } from "./annotations.mjs";
import { findBaseline } from "./baseline.mjs";
import { LINT_PLUGIN } from "./buf.mjs";
import { buildImage, withTemporaryFolder } from "./image.mjs";
import { brokenPromises } from "./promises.mjs";
import { verdictOf } from "./tree.mjs";

/** @type {import("./tree.mjs").Check} */
export const bufBreaking = {
  name: "buf-breaking",
  about:
    "no contract of the last release (or main) is broken, no promise about a method taken back",
  async run({ root, ci, build }) {
    const unbuilt = await build(LINT_PLUGIN);
    if (unbuilt.length > 0) {
      return { problems: unbuilt };
    }
    const baseline = await findBaseline(root);
    if ("commit" in baseline) {
      const problems = await withTemporaryFolder((temporary) =>
        compare(root, { commit: baseline.commit, temporary }),
      );
      return { problems, note: `compared with ${baseline.what}` };
    }
    const none = `nothing to compare with: ${baseline.none}`;
    if (ci && baseline.shallow) {
      return { problems: [`${none}, but this clone is shallow: fetch the whole history`] };
    }
    return { problems: [], note: none };
  },
};

/**
 * Compares the one module `proto` with its older self. The image holds a single module because buf
 * reports every other module of a workspace as deleted.
 *
 * @param {string} root
 * @param {{ commit: string, temporary: string }} options
 * @returns {Promise<string[]>}
 */
async function compare(root, { commit, temporary }) {
  const before = join(temporary, "before");
  mkdirSync(before);
  await unpack(root, { commit, into: before, archive: join(temporary, "before.tar") });
  const against = join(temporary, "before.binpb");
  const older = await buildImage(before, { tools: root, out: against });
  const newer = await buildImage(root, { tools: root, out: join(temporary, "after.binpb") });
  const args = ["breaking", "proto", "--exclude-imports", "--error-format", "json"];
  const found = await run("buf", [...args, "--against", against], { cwd: root });
  const { problems } = verdictOf({ ...found, stdout: annotationLines(found.stdout) });
  const removed = problems.some((problem) => /\bdeleted\b/.test(problem));
  return [...problems, ...(removed ? [NOTHING_IS_REMOVED] : []), ...brokenPromises(older, newer)];
}

const NOTHING_IS_REMOVED = [
  "Nothing is removed from a released package, also not with its name and number reserved: it would",
  "break the build of whoever uses the stub, and calls of those who have an older one. Bring it back",
  "and mark it `deprecated = true`; the next version of the package (v2 beside v1) leaves it out.",
].join("\n");

/**
 * @param {string} root
 * @param {{ commit: string, into: string, archive: string }} options
 */
async function unpack(root, { commit, into, archive }) {
  const wanted = ["--", "buf.yaml", "proto", "third_party"];
  const listed = await must("git", ["ls-tree", "--name-only", commit, ...wanted], root);
  const paths = listed.trim().split("\n");
  await must("git", ["archive", "--format=tar", "-o", archive, commit, "--", ...paths], root);
  await must("tar", ["-xf", archive], into);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
async function must(program, args, cwd) {
  const { code, stdout, stderr } = await run(program, args, { cwd });
  if (code !== 0) {
    throw new Error(`${program} ${args[0]} failed: ${stderr.trim()}`);
  }
  return stdout;
}
