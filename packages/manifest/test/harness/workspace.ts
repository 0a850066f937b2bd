import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { onTestFinished, vi } from "vitest";
import { runCli } from "../../src/cli/cli.js";
import { projectCommands } from "../../src/project.js";
import { temporaryFolder } from "./run.js";

/** The root of the repository, with a slash. */
export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** Where the sources of Python's inspector are. */
export const PYTHON = join(ROOT, "packages/manifest/python");

const COMMANDS = projectCommands({
  typescript: join(ROOT, "packages/manifest/dist/inspect/typescript/inspector.js"),
  go: join(ROOT, "packages/manifest/go"),
  python: PYTHON,
  policyProto: join(ROOT, "proto/ameide/policy/v1/policy.proto"),
});
const HTTP = `syntax = "proto2";
package google.api;
import "google/protobuf/descriptor.proto";
extend google.protobuf.MethodOptions { optional HttpRule http = 72295728; }
message HttpRule { optional string get = 2; optional string put = 3; optional string post = 4;
  optional string delete = 5; optional string patch = 6; optional string body = 7;
  optional Custom custom = 8; repeated HttpRule additional_bindings = 11; }
message Custom { optional string kind = 1; optional string path = 2; }
`;

/** A Buf workspace whose module has some files, by their paths. */
export function workspace(protos: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries({ "google/api/annotations.proto": HTTP, ...protos })) {
    mkdirSync(dirname(join(folder, "proto", path)), { recursive: true });
    writeFileSync(join(folder, "proto", path), text);
  }
  writeFileSync(join(folder, "buf.yaml"), "version: v2\nmodules:\n  - path: proto\n");
  return folder;
}

/** A proto file whose one service has some methods, each with its options. */
export function proto(
  name: string,
  methods: Readonly<Record<string, string>>,
  service = "ShopService",
) {
  const rpcs = Object.entries(methods).map(([method, options]) => {
    const [before, after] = options === "stream" ? ["stream ", ""] : ["", options];
    return `rpc ${method}(${before}M) returns (M) {${after}}`;
  });
  return `syntax = "proto3"; package ${name}; import "google/api/annotations.proto";
    message M {} service ${service} {${rpcs.join("\n")}}`;
}

/** Protos of one service. */
export const SHOP = {
  "acme/shop/v1/shop.proto": proto("acme.shop.v1", { GetItem: "", CreateItem: "" }),
};

/** Runs the program as it is published. */
export async function run(...argv: string[]) {
  let [stdout, stderr] = ["", ""];
  // Where buf is, as in a project that has it.
  vi.stubEnv("PATH", `${ROOT}node_modules/.bin:${process.env["PATH"]}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const code = await runCli(COMMANDS, argv, {
    out: (text) => void (stdout += text),
    line: (text) => void (stderr += `${text}\n`),
  });
  return { code, stdout, stderr };
}

/** Runs `init` in a workspace. */
export const init = (folder: string, ...more: string[]) => run("init", "--dir", folder, ...more);
/** Reads a file of a workspace. */
export const read = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");

/** An entry of a review. */
export interface Reviewed {
  readonly method: string;
  readonly idempotencyLevel: string | null;
  readonly reason: string;
  readonly confirmed: boolean;
}

/** ameide.review.json. */
export interface Review {
  readonly names: Readonly<Record<string, string>>;
  readonly methods: readonly Reviewed[];
}

/** The review of a workspace. */
export const reviewOf = (folder: string) =>
  JSON.parse(read(folder, "ameide.review.json")) as Review;
/** The entries of the review of a workspace. */
export const reviewIn = (folder: string) => reviewOf(folder).methods;

/** Edits the entries of the review of a workspace, as a person does. */
export function confirm(folder: string, change: (reviewed: Reviewed) => object): void {
  const review = reviewOf(folder);
  const methods = review.methods.map((each) => ({ ...each, ...change(each) }));
  const text = JSON.stringify({ ...review, methods });
  writeFileSync(join(folder, "ameide.review.json"), text);
}
