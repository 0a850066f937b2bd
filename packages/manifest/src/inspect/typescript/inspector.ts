// The inspector of the TypeScript SDK, a program: prints an Inspection as JSON.
//
//     node inspector.js FOLDER [ROSTER]
//
// FOLDER is that of the built package, or of a project that has it in its node_modules. ROSTER is the
// project's own roster, a path relative to that.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { create, toJsonString } from "@bufbuild/protobuf";
import {
  type Client,
  ClientSchema,
  ClientMethodSchema,
  InspectionSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { idempotencyWord } from "../../describe.js";
import { type ClientType, type Declared, readDeclared, type TypedPackage } from "./declared.js";
import { embeddedDescriptors } from "./embedded.js";
import { type AllServices, type Make, type Recorded, recordCalls } from "./recorded.js";

const SDK = "@ameideio/ameide-sdk-ts";

/** What is looked at. */
interface Looked {
  /** What makes the client. */
  readonly entry: string;
  /** The package that has it. */
  readonly sdk: TypedPackage;
  /** Its type. */
  readonly type: ClientType;
  /** Loads it. */
  readonly load: () => Promise<Make>;
  /** Paths of the modules that stubs are in, relative to the folder, with one star. */
  readonly stubs: string;
}

async function inspect(folder: string, roster: string | undefined): Promise<string> {
  const looked = await (roster === undefined ? ours(folder) : theirs(folder, roster));
  // The compiler, a program of its own, works beside the calls; their faults are told first.
  const [recorded, declared] = await bothOf(
    looked.load().then(recordCalls),
    readDeclared(looked.sdk, looked.type),
  );
  const inspection = create(InspectionSchema, {
    sdk: "ts",
    clients: clientsOf(looked.entry, declared, recorded),
    descriptors: await embeddedDescriptors(folder, looked.stubs),
  });
  return toJsonString(InspectionSchema, inspection);
}

async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

async function ours(folder: string): Promise<Looked> {
  const entry = "createAmeideClient";
  const imports = `import type { ${entry} } from "${SDK}/client";`;
  return {
    entry,
    sdk: { name: SDK, folder },
    type: { imports, type: `ReturnType<typeof ${entry}>` },
    load: async () => (await load(folder, "./client"))[entry] as Make,
    stubs: await exported(folder, "./*"),
  };
}

async function theirs(folder: string, path: string): Promise<Looked> {
  const entry = "createRosterClient";
  const sdk = dirname(createRequire(join(folder, "index.js")).resolve(`${SDK}/package.json`));
  const { roster } = await importRoster(folder, path);
  if (typeof roster !== "object") {
    throw new Error(`${path} exports no roster, as protoc-gen-ameide writes it`);
  }
  const imports =
    `import type { RosterClient } from "${SDK}/roster";` +
    `import type { roster } from ${JSON.stringify(join(folder, path))};`;
  return {
    entry,
    sdk: { name: SDK, folder: sdk },
    type: { imports, type: "RosterClient<typeof roster>" },
    load: async () => {
      const over = (await load(sdk, "./roster"))[entry] as (
        roster: unknown,
        options: object,
      ) => AllServices;
      return (options) => over(roster, options);
    },
    stubs: `${dirname(path)}/*_pb.js`,
  };
}

async function importRoster(folder: string, path: string) {
  try {
    return await importFile(join(folder, path));
  } catch (reason) {
    if (reason instanceof SyntaxError) {
      throw new Error(
        `${path} cannot be loaded: ${reason.message}. It is an ES module, which the package.json ` +
          "above it has to say: type npm pkg set type=module",
        { cause: reason },
      );
    }
    throw reason;
  }
}

async function load(folder: string, entry: string): Promise<Readonly<Record<string, unknown>>> {
  return importFile(join(folder, await exported(folder, entry)));
}

function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  return import(pathToFileURL(path).href) as Promise<Readonly<Record<string, unknown>>>;
}

async function exported(folder: string, entry: string): Promise<string> {
  const { name, exports } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, { readonly default: string }>>;
  };
  const path = exports[entry]?.default;
  if (path === undefined) {
    throw new Error(`${name} exports no ${entry}`);
  }
  return path;
}

// What types declare, and what is there when it runs: each may have what the other has not.
function clientsOf(entry: string, declared: Declared, recorded: Recorded): Client[] {
  return union(declared, recorded).map((service) => {
    const [types, calls] = [declared.get(service), recorded.get(service)];
    return create(ClientSchema, {
      entry,
      name: service,
      methods: union(types, calls).map((name) => {
        const asked = calls?.get(name);
        return create(ClientMethodSchema, {
          name,
          ...types?.get(name),
          ...(asked === undefined
            ? {}
            : {
                procedure: `${asked.parent.typeName}/${asked.name}`,
                idempotency: idempotencyWord(asked.idempotency),
              }),
        });
      }),
    });
  });
}

function union(...maps: (ReadonlyMap<string, unknown> | undefined)[]): string[] {
  return [...new Set(maps.flatMap((map) => [...(map?.keys() ?? [])]))];
}

// What it has made goes with it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(1));
}
try {
  process.stdout.write(await inspect(resolve(process.argv[2] ?? "."), process.argv[3]));
} catch (reason) {
  process.stderr.write(`${reason instanceof Error ? reason.message : String(reason)}\n`);
  process.exitCode = 1;
}
