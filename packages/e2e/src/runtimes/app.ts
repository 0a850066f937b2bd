import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { exists } from "../common/pinned_install.js";

const run = promisify(execFile);
const PACKAGES = fileURLToPath(new URL("../../../", import.meta.url));
const HERE = join(PACKAGES, "e2e");
const PROGRAM = join(HERE, "dist/runtimes/program");

/** Packed as for a release, and unpacked as for a user. */
const OURS = ["sdk", "core-proto/ts", "conformance-proto/ts"];

/** Packages that a user installs beside them, with their dependencies. */
const THEIRS = [
  "@bufbuild/protobuf",
  "@connectrpc/connect",
  "@connectrpc/connect-node",
  "@opentelemetry/api",
  "@opentelemetry/sdk-trace-base",
];

/** The project of a user, outside the repository, with the SDK in its node_modules. */
export interface App {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Creates the project; its `program` folder contains the checks. */
export async function createApp(): Promise<App> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "ameide-runtimes-")));
  const modules = join(folder, "node_modules");
  const dependencies: Record<string, string> = {};
  for (const path of OURS) {
    const { name, version } = await unpack(join(PACKAGES, path), modules);
    dependencies[name] = version;
  }
  for (const name of THEIRS) {
    await copy(name, HERE, modules);
  }
  for (const name of THEIRS) {
    dependencies[name] = (await manifestOf(join(modules, name))).version;
  }
  await cp(PROGRAM, join(folder, "program"), { recursive: true });
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "app", private: true, type: "module", dependencies }),
  );
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function unpack(source: string, modules: string): Promise<Manifest> {
  const packed = await mkdtemp(join(tmpdir(), "ameide-pack-"));
  try {
    const archive = join(packed, "package.tgz");
    await run("pnpm", ["pack", "--out", archive], { cwd: source });
    await run("tar", ["-xzf", archive, "-C", packed]);
    const manifest = await manifestOf(join(packed, "package"));
    await cp(join(packed, "package"), join(modules, manifest.name), { recursive: true });
    return manifest;
  } finally {
    await rm(packed, { recursive: true, force: true });
  }
}

/** Copies a package, at the version the lock of the repository names, and all it depends on. */
async function copy(name: string, from: string, modules: string): Promise<void> {
  const source = await find(name, from);
  const manifest = await manifestOf(source);
  const target = join(modules, name);
  if (await exists(target)) {
    const { version } = await manifestOf(target);
    if (version !== manifest.version) {
      throw new Error(`${name} ${version} and ${manifest.version}`);
    }
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  await cp(source, target, { recursive: true, filter: (path) => !path.endsWith("/node_modules") });
  for (const each of Object.keys(manifest.dependencies ?? {})) {
    await copy(each, source, modules);
  }
}

async function find(name: string, from: string): Promise<string> {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (await exists(candidate)) {
      return realpath(candidate);
    }
  }
  throw new Error(`${name} is not installed for ${from}`);
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
}
