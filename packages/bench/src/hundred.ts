import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Modules over a hundred generated services. */
export interface Hundred {
  readonly folder: string;
  /** Modules to import. */
  readonly node: Uses;
  /** Modules to bundle. */
  readonly web: Uses;
  /** Modules that the roster loads at the first call of the service in use. */
  readonly loaded: string;
}

/** Two ways to use one service. */
export interface Uses {
  /** By the service's own module. */
  readonly one: string;
  /** By the roster client of all hundred; imported, it has loaded the service. */
  readonly roster: string;
}

/**
 * Writes a hundred services with different names, generates their stubs and
 * roster with the generators of this repository, and modules that use one.
 */
export async function generateHundred(): Promise<Hundred> {
  const cache = fileURLToPath(new URL("../.cache", import.meta.url));
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "hundred-"));
  const protos = join(folder, "proto");
  const policy = "ameide/policy/v1/policy.proto";
  await cp(join(root, "proto", policy), join(protos, policy), { recursive: true });
  for (const name of NAMES) {
    const path = join(protos, "acme", name.toLowerCase(), "v1");
    await mkdir(path, { recursive: true });
    await writeFile(join(path, `${name.toLowerCase()}.proto`), proto(name));
  }
  await writeFile(join(folder, "buf.yaml"), "version: v2\nmodules:\n  - path: proto\n");
  const bin = join(root, "node_modules/.bin");
  const template = {
    version: "v2",
    plugins: [
      {
        local: join(bin, "protoc-gen-es"),
        out: "gen",
        strategy: "all",
        opt: ["target=js", "import_extension=js"],
      },
      {
        local: ["node", join(root, "packages/protoc-gen-ameide/bin/protoc-gen-ameide.js")],
        out: "gen",
        strategy: "all",
        opt: ["target=js", "roster=acme"],
      },
    ],
  };
  await execute(
    join(bin, "buf"),
    ["generate", "--template", JSON.stringify(template), "-o", folder],
    { cwd: folder },
  );
  const [name = ""] = NAMES;
  const write = async (file: string, text: string) => {
    await writeFile(join(folder, file), text);
    return join(folder, file);
  };
  return {
    folder,
    node: {
      one: await write("one_node.js", oneModule(name, "node") + TURN),
      roster: await write("roster_node.js", rosterModule(name) + loadNow(name) + TURN),
    },
    web: {
      one: await write("one_web.js", oneModule(name, "web")),
      roster: await write("roster_web.js", rosterModule(name)),
    },
    loaded: join(folder, `gen/roster/${propertyOf(name)}.js`),
  };
}

const FIRST = [
  "Account",
  "Billing",
  "Catalog",
  "Device",
  "Event",
  "Folder",
  "Gateway",
  "Host",
  "Invoice",
  "Job",
];
const SECOND = [
  "Archive",
  "Batch",
  "Control",
  "Directory",
  "Export",
  "Filter",
  "Group",
  "History",
  "Index",
  "Keys",
];
const NAMES = FIRST.flatMap((first) => SECOND.map((second) => `${first}${second}`));

function proto(name: string): string {
  const message = `${name}Entry`;
  const verbs = ["Create", "Get", "Update", "Delete", "Check"];
  const rpcs = verbs.map((verb) => {
    const option =
      verb === "Create"
        ? "option (ameide.policy.v1.idempotency_key) = true;"
        : "option idempotency_level = NO_SIDE_EFFECTS;";
    return `  rpc ${verb}${name}(${verb}${name}Request) returns (${verb}${name}Response) { ${option} }`;
  });
  const messages = verbs.map(
    (verb) => `message ${verb}${name}Request {
  string name = 1;
  ${message} entry = 2;
}
message ${verb}${name}Response {
  ${message} entry = 1;
}`,
  );
  return `syntax = "proto3";
package acme.${name.toLowerCase()}.v1;
import "ameide/policy/v1/policy.proto";
service ${name}Service {
  option (ameide.policy.v1.service_tenant) = TENANT_MODE_REQUIRED;
${rpcs.join("\n")}
  rpc Watch${name}(Get${name}Request) returns (stream Get${name}Response);
}
message ${message} {
  string name = 1;
  string title = 2;
  int64 size = 3;
  repeated string labels = 4;
  map<string, string> annotations = 5;
}
${messages.join("\n")}
`;
}

function moduleOf(name: string): string {
  const lower = name.toLowerCase();
  return `./gen/acme/${lower}/v1/${lower}_pb.js`;
}

function oneModule(name: string, entry: "node" | "web"): string {
  return `import { createClient } from "@connectrpc/connect";
import { createAmeideTransport } from "@ameideio/ameide-sdk-ts/${entry}";
import { ${name}Service } from "${moduleOf(name)}";
export const make = (options) => createClient(${name}Service, createAmeideTransport(options)).get${name}({ name: "a" });
`;
}

function rosterModule(name: string): string {
  return `import { createRosterClient } from "@ameideio/ameide-sdk-ts/roster";
import { roster } from "./gen/roster.js";
export const make = (options) => createRosterClient(roster, options).${propertyOf(name)}.get${name}({ name: "a" });
`;
}

// Without it, the import would leave out what the first call has to wait for.
function loadNow(name: string): string {
  return `await roster.${propertyOf(name)}.load();\n`;
}

// Node.js defers a garbage collection to the first turn of its loop, which every use reaches. Code
// that waits for a module includes it, so the other code gets it too.
const TURN = `import { readFile } from "node:fs/promises";
await readFile(new URL(import.meta.url));
`;

function propertyOf(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
