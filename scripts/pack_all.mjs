// @ts-check
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { build } from "./build.mjs";
import { run } from "./command.mjs";
import { workspacePackages } from "./workspace.mjs";

/**
 * Builds and packs every package that is published, and installs them in a project, or prints how.
 *
 * @param {object} given
 * @param {string} given.root
 * @param {string} given.folder Absolute; made where it is not there.
 * @param {string} [given.project] Absolute, with a package.json.
 * @param {boolean} [given.tools] Whether packages of programs are installed there, too. Default: not.
 * @throws {Error} When one cannot be built, packed or installed, or the folder not be made.
 */
export async function packAll({ root, folder, project, tools = false }) {
  const packages = workspacePackages(root).filter(({ manifest }) => manifest.private !== true);
  mkdirSync(folder, { recursive: true });
  for (const { manifest } of packages) {
    if (!(await build(manifest.name ?? ""))) {
      throw new Error(`${manifest.name} could not be built`);
    }
  }
  /** @type {Map<string, string>} */
  const tarballs = new Map();
  for (const { directory, manifest } of packages) {
    tarballs.set(manifest.name ?? "", await pack(join(root, directory), folder));
  }
  const programs = packages.filter(isProgram).map(({ manifest }) => manifest.name ?? "");
  const specs = [
    ...[...tarballs].filter(([name]) => !programs.includes(name)).map(([, tarball]) => tarball),
    ...peersOf(root, packages),
  ];
  if (project !== undefined) {
    await install(specs, project);
    if (tools) {
      await install(["--save-dev", ...programs.map((name) => tarballs.get(name) ?? "")], project);
    }
    const installed = [...tarballs.keys()].filter((name) => tools || !programs.includes(name));
    console.log(`installed in ${project}: ${installed.join(", ")}, and what they need`);
    return;
  }
  const words = specs.map(quoted).join(" ");
  const inner = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.dependencies ?? {}).filter((name) => tarballs.has(name)),
  );
  const overrides = inner.map(
    (name) => `    "${name}": ${JSON.stringify(`file:${tarballs.get(name)}`)}`,
  );
  console.log(`In your project:

  npm install ${words}

With pnpm, which looks for what a tarball depends on in the registry, write into
pnpm-workspace.yaml first:

  overrides:
${overrides.join("\n")}

  pnpm add ${words}

For protos of your own, too:

${programs.map((name) => `  npm install --save-dev ${quoted(tarballs.get(name) ?? "")}`).join("\n")}

These are the npm packages. For Go and Python: see --help`);
}

/**
 * Reports whether a package has programs only: nothing of it is imported.
 *
 * @param {import("./workspace.mjs").Package} package_
 */
function isProgram({ manifest }) {
  return Object.keys(Object(manifest.exports)).every((entry) => entry === "./package.json");
}

/**
 * @param {string} cwd
 * @param {string} folder
 * @returns {Promise<string>} The tarball.
 */
async function pack(cwd, folder) {
  const args = ["pack", "--json", "--pack-destination", folder];
  const { code, stdout, stderr } = await run("pnpm", args, { cwd });
  if (code !== 0) {
    throw new Error(`${cwd} could not be packed:\n${stdout}${stderr}`);
  }
  return JSON.parse(stdout).filename;
}

/**
 * @param {string[]} specs
 * @param {string} cwd
 */
async function install(specs, cwd) {
  const args = ["install", "--no-audit", "--no-fund", ...specs];
  const { code, stdout, stderr } = await run("npm", args, { cwd });
  if (code !== 0) {
    throw new Error(`npm could not install in ${cwd}:\n${stdout}${stderr}`);
  }
}

/**
 * Returns the peers of the packages, at the versions they are tested with. OpenTelemetry is left to
 * users who have it: its packages have to fit each other.
 *
 * @param {string} root
 * @param {import("./workspace.mjs").Package[]} packages
 */
function peersOf(root, packages) {
  const { catalog } = parse(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8"));
  const names = packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {}));
  return [...new Set(names)]
    .filter((name) => !name.startsWith("@opentelemetry/"))
    .toSorted()
    .map((name) => `${name}@${catalog[name]}`);
}

/** @param {string} path */
function quoted(path) {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
