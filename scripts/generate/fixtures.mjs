// @ts-check
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

import { listFiles } from "./tree.mjs";

/**
 * A message as canonical JSON, from a `testdata` folder of the protos.
 *
 * @typedef {object} Fixture
 * @property {string} name Package path and file name: `acme/v1/invoice.paid`.
 * @property {string} type Full name of the message: `acme.v1.Invoice`.
 * @property {string} text
 */

/**
 * Finds every fixture. The file's name up to the first dot is the message's name in lower_snake,
 * the folder says the package: `acme/v1/testdata/invoice.paid.json` is an `acme.v1.Invoice`.
 *
 * @param {string} protoFolder
 * @param {Uint8Array} image Descriptors of the protos.
 * @returns {Fixture[]} Sorted by name.
 * @throws {Error} When a file's name is that of no message.
 */
export function findFixtures(protoFolder, image) {
  const types = typesBySnakeName(image);
  return listFiles(protoFolder)
    .filter((file) => file.endsWith(".json"))
    .toSorted()
    .map((file) => {
      const [, folder, stem] = /^(.+)\/testdata\/([^/]+)\.json$/.exec(file) ?? [];
      if (folder === undefined || stem === undefined) {
        throw new Error(`proto/${file}: fixtures lie in the testdata folder of a package`);
      }
      const type = types.get(`${folder}/${stem.replace(/\..*/, "")}`);
      if (type === undefined) {
        throw new Error(`proto/${file}: there is no message of that name in ${folder}`);
      }
      return {
        name: `${folder}/${stem}`,
        type,
        text: readFileSync(join(protoFolder, file), "utf8"),
      };
    });
}

/** @param {Uint8Array} image */
function typesBySnakeName(image) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  /** @type {Map<string, string>} */
  const types = new Map();
  for (const file of registry.files) {
    const folder = file.proto.package.replaceAll(".", "/");
    for (const { name, typeName } of file.messages) {
      types.set(`${folder}/${snake(name)}`, typeName);
    }
  }
  return types;
}

/** @param {string} name */
function snake(name) {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase();
}
