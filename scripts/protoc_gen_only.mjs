// @ts-check
// Runs a protoc plugin for the files below some folders only, whatever else the
// compiler asks for:
//
//     node scripts/protoc_gen_only.mjs ameide beamline !ameide/policy -- protoc-gen-go
//
// Those below a folder with an exclamation mark are left out.
//
// `buf generate` runs every plugin over every module of the workspace. Go must
// not have stubs of the vendored modules: their own are published, and two
// registrations of one file panic at start.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { buffer } from "node:stream/consumers";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema } from "@bufbuild/protobuf/wkt";

const separator = process.argv.indexOf("--");
const folders = process.argv.slice(2, separator);
const [plugin = "", ...args] = process.argv.slice(separator + 1);
if (separator < 0 || folders.length === 0 || plugin === "") {
  throw new Error("usage: protoc_gen_only.mjs FOLDER... -- PLUGIN [ARGUMENT...]");
}

const request = fromBinary(CodeGeneratorRequestSchema, await buffer(process.stdin));
/** @param {string} name */
const isBelow = (name) => (/** @type {string} */ folder) => name.startsWith(`${folder}/`);
const without = folders.filter((each) => each.startsWith("!")).map((each) => each.slice(1));
request.fileToGenerate = request.fileToGenerate.filter(
  (name) => folders.some(isBelow(name)) && !without.some(isBelow(name)),
);
const { error, status, stdout } = spawnSync(plugin, args, {
  input: toBinary(CodeGeneratorRequestSchema, request),
  stdio: ["pipe", "pipe", "inherit"],
  maxBuffer: 1 << 28,
});
if (error !== undefined) {
  throw error;
}
process.stdout.write(stdout);
process.exitCode = status ?? 1;
