import { type Options, parseOptions, splitOptions } from "@ameideio/protoc-gen-ameide/options";
import type { Sdk } from "../sdks.js";
import type { PublishedStubs } from "./published_stubs.js";
import { sealed } from "./sealed.js";

/** What a generation template is made for. */
export interface Generated {
  readonly languages: readonly Sdk[];
  /** Root packages of the services. */
  readonly packages: readonly string[];
  /** Names of services in the roster, by full names. */
  readonly names: ReadonlyMap<string, string>;
  /** Path of the Go module; Go has to know it. */
  readonly goModule?: string | undefined;
  /** What Go has stubs of elsewhere. */
  readonly published: PublishedStubs;
}

/** Folder where policy.proto is vendored. */
export const VENDORED = "third_party/ameide";

/** Where protos that the SDK comes with are, if a module of the workspace is one of these. */
const OURS = [
  "node_modules/@ameideio/ameide-sdk-ts/dist/googleapis/google",
  "node_modules/@ameideio/ameide-sdk-ts/dist/proto/ameide",
  `${VENDORED}/ameide`,
];

/** Returns a template for `buf generate`: stubs and rosters. */
export function templateOf(generated: Generated): string {
  const { languages } = generated;
  const copied = languages.includes("go") ? generated.published.copied : [];
  const excluded = [...new Set([...OURS, ...copied])].map((path) => `      - ${path}\n`);
  return sealed(`# Generate with: buf generate --template buf.gen.ameide.yaml
version: v2
inputs:
  - directory: .
    exclude_paths:
${excluded.join("")}${languages.includes("go") ? managed(generated) : ""}plugins:
${languages.map((language) => PLUGINS[language](rosterOptions(generated))).join("")}`);
}

/** Options of protoc-gen-ameide: what is in the roster, under which names. */
export function rosterOptions({
  packages,
  names,
}: Pick<Generated, "packages" | "names">): string[] {
  return [
    ...packages.map((each) => `roster=${each}`),
    ...[...names].map(([service, name]) => `name=${service}:${name}`),
  ];
}

/** Reads the options of protoc-gen-ameide in a template, however it lays them out. */
export function optionsIn(template: string): Options {
  const text = template.replaceAll(/(^|\s)#.*$/gm, "");
  const options = [...text.matchAll(OPTION)].map(([option]) => option);
  return parseOptions(splitOptions([...new Set(options)]));
}

/** As no option of another plugin is. */
const OPTION = /(?<![\w.-])(?:roster=[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*|name=[\w.]+:\w+)/g;

// What is published states itself where its stubs are.
function managed({ goModule, published }: Generated): string {
  return `managed:
  enabled: true
  disable:
${published.imported.map((path) => `    - file_option: go_package\n      path: ${path}\n`).join("")}  override:
    - file_option: go_package_prefix
      value: ${goModule}/gen/go
`;
}

const PLUGINS: Readonly<Record<Sdk, (options: readonly string[]) => string>> = {
  ts: (options) => `  - local: protoc-gen-es
    out: gen/ts
    include_imports: true
    opt: [target=js+dts, import_extension=js]
  - local: protoc-gen-ameide
    out: gen/ts
    strategy: all
    opt:
${list(["target=js+dts", ...options])}`,
  go: (options) => `  - local: protoc-gen-go
    out: gen/go
    opt: [paths=source_relative]
  - local: protoc-gen-connect-go
    out: gen/go
    opt: [paths=source_relative, simple]
  - local: protoc-gen-ameide-go
    out: gen/go
    strategy: all
    opt:
${list(options)}`,
  python: (options) => `  - local: protoc-gen-py
    out: gen/python
    include_imports: true
  - local: protoc-gen-connectrpc
    out: gen/python
    include_imports: true
  - local: protoc-gen-ameide-python
    out: gen/python
    strategy: all
    opt:
${list(options)}`,
};

function list(items: readonly string[]): string {
  return items.map((item) => `      - ${item}\n`).join("");
}
