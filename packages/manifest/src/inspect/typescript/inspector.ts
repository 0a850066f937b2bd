// The inspector of the TypeScript SDK, a program: prints an Inspection as JSON.
//
//     node dist/inspect/typescript/inspector.js FOLDER
//
// FOLDER is that of the built package.
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
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
import { type Declared, readDeclared } from "./declared.js";
import { embeddedDescriptors } from "./embedded.js";
import { type Make, type Recorded, recordCalls } from "./recorded.js";

const ENTRY = "createAmeideClient";
const STUBS = "./*";
const CLIENT = "./client";

interface Package {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly default: string }>>;
}

async function inspect(folder: string): Promise<string> {
  const text = await readFile(join(folder, "package.json"), "utf8");
  const { name, exports } = JSON.parse(text) as Package;
  const [client, stubs] = [exports[CLIENT]?.default, exports[STUBS]?.default];
  if (client === undefined || stubs === undefined) {
    throw new Error(`${name} exports no ${CLIENT} or no ${STUBS}`);
  }
  const declared = readDeclared(folder, { module: name + CLIENT.slice(1), name: ENTRY });
  const module = (await import(pathToFileURL(join(folder, client)).href)) as { [ENTRY]: Make };
  const recorded = await recordCalls(module[ENTRY], declared);
  const inspection = create(InspectionSchema, {
    sdk: "ts",
    clients: clientsOf(declared, recorded),
    descriptors: await embeddedDescriptors(folder, stubs),
  });
  return toJsonString(InspectionSchema, inspection);
}

// What types declare, and what is there when it runs: each may have what the other has not.
function clientsOf(declared: Declared, recorded: Recorded): Client[] {
  return union(declared, recorded).map((service) => {
    const [types, calls] = [declared.get(service), recorded.get(service)];
    return create(ClientSchema, {
      entry: ENTRY,
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

try {
  process.stdout.write(await inspect(resolve(process.argv[2] ?? ".")));
} catch (reason) {
  process.stderr.write(`${reason instanceof Error ? reason.message : String(reason)}\n`);
  process.exitCode = 1;
}
