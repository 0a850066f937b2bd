// @ts-check
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createFileRegistry, fromBinary, getExtension, hasExtension } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

import { run } from "../command.mjs";
import { verdictOf } from "./tree.mjs";

/**
 * Descriptors of the one Buf module of a folder.
 *
 * @typedef {object} Image
 * @property {import("@bufbuild/protobuf").DescFile[]} files Those of the module itself, not what it
 *   imports.
 * @property {import("@bufbuild/protobuf").DescMethod[]} methods Those of the files.
 * @property {import("@bufbuild/protobuf").FileRegistry} registry
 */

/**
 * Builds the module `proto` of a Buf workspace, alone.
 *
 * @param {string} directory The folder with buf.yaml and proto/.
 * @param {{ tools: string, out: string }} options `tools`: the root whose installed buf runs; `out`:
 *   where the image is written.
 * @returns {Promise<Image>}
 * @throws {Error} With what buf said, when the module does not build.
 */
export async function buildImage(directory, { tools, out }) {
  const buf = join(tools, "node_modules", ".bin", "buf");
  const built = await run(buf, ["build", "proto", "-o", out], { cwd: directory });
  if (built.code !== 0) {
    throw new Error(verdictOf(built).problems.join("\n"));
  }
  return readImage(readFileSync(out), join(directory, "proto"));
}

/**
 * Reads an image that holds the module, and maybe others.
 *
 * @param {Uint8Array} bytes
 * @param {string} protoFolder The module's folder.
 * @returns {Image}
 */
export function readImage(bytes, protoFolder) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  const files = [...registry.files].filter((file) =>
    existsSync(join(protoFolder, file.proto.name)),
  );
  const methods = files.flatMap((file) => file.services.flatMap((service) => service.methods));
  return { files, methods, registry };
}

/**
 * `package.Service/Method`, as selectors spell it.
 *
 * @param {import("@bufbuild/protobuf").DescMethod} method
 */
export function methodName(method) {
  return `${method.parent.typeName}/${method.name}`;
}

/**
 * The value of an option of `ameide.policy.v1`, or undefined where it is not set.
 *
 * @param {Image} image
 * @param {import("@bufbuild/protobuf").DescMethod | import("@bufbuild/protobuf").DescService} desc
 * @param {string} name
 * @returns {unknown}
 */
export function policyOption({ registry }, desc, name) {
  const extension = registry.getExtension(`ameide.policy.v1.${name}`);
  const { options } = desc.proto;
  if (extension === undefined || options === undefined) {
    return undefined;
  }
  return hasExtension(options, extension) ? getExtension(options, extension) : undefined;
}

/**
 * Runs `use` with a temporary folder that is gone afterwards.
 *
 * @template T
 * @param {(directory: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withTemporaryFolder(use) {
  const directory = mkdtempSync(join(tmpdir(), "ameide-check-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
