// @ts-check
// Runs a protoc plugin so that what it generates does not load a file that is
// there for its options only:
//
//     node scripts/protoc_gen_unlinked.mjs buf/validate/validate.proto -- protoc-gen-es
//
// The options stay in the descriptors, byte for byte; what is gone is the import
// of the file that declares them, as if it were the `import option` of Edition
// 2024. Whoever reads the options brings their declarations: a validator does,
// and a client, which never reads them, need not carry 80 kB of them.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { buffer } from "node:stream/consumers";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorRequestSchema } from "@bufbuild/protobuf/wkt";

const separator = process.argv.indexOf("--");
const files = process.argv.slice(2, separator);
const [plugin = "", ...args] = process.argv.slice(separator + 1);
if (separator < 0 || files.length === 0 || plugin === "") {
  throw new Error("usage: protoc_gen_unlinked.mjs FILE... -- PLUGIN [ARGUMENT...]");
}

const request = fromBinary(CodeGeneratorRequestSchema, await buffer(process.stdin));
for (const file of [...request.protoFile, ...request.sourceFileDescriptors]) {
  const { dependency, publicDependency, weakDependency } = file;
  if (!dependency.some((name) => files.includes(name))) {
    continue;
  }
  const kept = dependency.filter((name) => !files.includes(name));
  // These are numbers of dependencies.
  const renumber = (/** @type {number} */ index) => kept.indexOf(dependency[index] ?? "");
  file.publicDependency = publicDependency.map(renumber);
  file.weakDependency = weakDependency.map(renumber);
  if ([...file.publicDependency, ...file.weakDependency].includes(-1)) {
    throw new Error(`${file.name} imports publicly what it would lose`);
  }
  file.dependency = kept;
}
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
