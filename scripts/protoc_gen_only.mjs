// @ts-check
// Runs a protoc plugin for the files below some folders only, whatever else the
// compiler asks for:
//
//     node scripts/protoc_gen_only.mjs ameide beamline -- protoc-gen-go
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
request.fileToGenerate = request.fileToGenerate.filter((name) =>
  folders.some((folder) => name.startsWith(`${folder}/`)),
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
