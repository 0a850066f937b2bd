import type { Sdk } from "../sdks.js";

/** What a generation template is made for. */
export interface Generated {
  readonly languages: readonly Sdk[];
  /** Root packages of the services. */
  readonly packages: readonly string[];
  /** Names of services in the roster, by full names. */
  readonly names: ReadonlyMap<string, string>;
  /** Path of the Go module; Go has to know it. */
  readonly goModule?: string | undefined;
}

/** Folder where policy.proto is vendored. */
export const VENDORED = "third_party/ameide";

/** Returns a template for `buf generate`: stubs and rosters. */
export function templateOf(generated: Generated): string {
  const { languages } = generated;
  return `# Written by ameide-manifest init. Generate with: buf generate --template buf.gen.ameide.yaml
version: v2
inputs:
  - directory: .
    exclude_paths: [${VENDORED}/ameide]
${languages.includes("go") ? managed(generated) : ""}plugins:
${languages.map((language) => PLUGINS[language](rosterOptions(generated))).join("")}`;
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

// policy.proto and what lies in modules of others say where their stubs are.
function managed({ goModule, packages }: Generated): string {
  return `managed:
  enabled: true
  disable:
    - file_option: go_package
      path: ameide/policy/v1
    - file_option: go_package
      path: google
  override:
    - file_option: go_package_prefix
      value: ${goModule}/gen/go
`.replace(packages.includes("google") ? /    - .*\n {6}path: google\n/ : /$^/, "");
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
