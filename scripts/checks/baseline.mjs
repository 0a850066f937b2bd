// @ts-check
import { run } from "../command.mjs";

/**
 * The commit a contract is compared with, or why there is none. `shallow` tells that the history
 * ends early, so that there may be one after all.
 *
 * @typedef {{ commit: string, what: string } | { none: string, shallow: boolean }} Baseline
 */

/**
 * Finds what the protos of a working tree must stay compatible with: the last release before HEAD;
 * without one, the merge base with main on a branch; on main itself, HEAD while the protos hold
 * uncommitted changes, the previous commit otherwise.
 *
 * @param {string} root
 * @returns {Promise<Baseline>}
 */
export async function findBaseline(root) {
  /** @param {string[]} args */
  const git = async (...args) => {
    const { code, stdout } = await run("git", args, { cwd: root });
    return code === 0 ? stdout.trim() : undefined;
  };
  const candidate = await findCandidate(git);
  const shallow = (await git("rev-parse", "--is-shallow-repository")) === "true";
  if (candidate === undefined) {
    return { none: "there is no earlier commit", shallow };
  }
  const { commit, what } = candidate;
  const listed = await git("ls-tree", "--name-only", commit, "--", "buf.yaml", "proto");
  if (listed !== "buf.yaml\nproto") {
    return { none: `${what} holds no Buf module`, shallow: false };
  }
  return { commit, what };
}

/** @param {(...args: string[]) => Promise<string | undefined>} git */
async function findCandidate(git) {
  const head = await git("rev-parse", "--verify", "--quiet", "HEAD");
  if (head === undefined) {
    return undefined;
  }

  const releases = await git(
    "tag",
    "--merged",
    "HEAD",
    "--no-contains",
    "HEAD",
    "--sort=-v:refname",
  );
  const release = releases?.split("\n").find((tag) => /^v\d+\.\d+\.\d+$/.test(tag));
  if (release !== undefined) {
    return { commit: `refs/tags/${release}`, what: `release ${release}` };
  }

  for (const main of ["origin/main", "main"]) {
    const base = await git("merge-base", "HEAD", main);
    if (base === undefined || base === head) {
      continue;
    }
    return { commit: base, what: `the merge base with ${main}, ${base.slice(0, 12)}` };
  }

  const changed = await git("status", "--porcelain", "--", "proto");
  if (changed !== "") {
    return { commit: head, what: `HEAD, ${head.slice(0, 12)}` };
  }
  const parent = await git("rev-parse", "--verify", "--quiet", "HEAD~1");
  if (parent === undefined) {
    return undefined;
  }
  return { commit: parent, what: `the previous commit, ${parent.slice(0, 12)}` };
}
