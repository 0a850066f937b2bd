// @ts-check
import { parse } from "yaml";

/** @type {import("./tree.mjs").Check} */
export const workflows = {
  name: "workflows",
  about: "workflows grant nothing by default and pin every action by its full commit",
  run({ files, read }) {
    const seen = files.filter((file) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(file));
    const problems = seen.flatMap((file) => looseEnds(file, read(file)));
    return { problems: seen.length === 0 ? ["saw no workflow"] : problems };
  },
};

/**
 * Lists the openings of a workflow for anyone who moves a tag or sends a pull request.
 *
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
export function looseEnds(file, text) {
  const problems = [];
  const { permissions, jobs = {} } = parse(text);
  if (JSON.stringify(permissions) !== "{}") {
    problems.push(`${file}: wants "permissions: {}" on top`);
  }
  for (const [name, job] of Object.entries(jobs)) {
    const { permissions: granted, steps = [], uses, "timeout-minutes": limit } = job;
    if (granted === undefined) {
      problems.push(`${file}: job ${name} states no permissions`);
    }
    if (limit === undefined && uses === undefined) {
      problems.push(`${file}: job ${name} has no timeout-minutes`);
    }
    for (const action of [
      uses,
      ...steps.map((/** @type {{ uses?: string }} */ step) => step.uses),
    ]) {
      if (action === undefined || action.startsWith("./")) {
        continue;
      }
      if (!/@[0-9a-f]{40}$/.test(action)) {
        problems.push(`${file}: ${action} is not a full commit`);
      }
    }
  }
  return problems;
}
