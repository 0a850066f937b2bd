import type { Facts, Manifest } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { ManifestSchema, ServiceSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { create } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorSet,
  FileOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { expect, it, test } from "vitest";
import { type Change, changesOf, manifestOf, readImage, toCanonicalJson } from "../src/index.js";
import { fileOf as fileIn, ourImage, there } from "./harness/images.js";
import { run, temporaryFile } from "./harness/run.js";
import { methodIn } from "./harness/surfaces.js";

const THREADS = "ameide.threads.v1.ThreadsService";
const GET = `${THREADS}/GetThread`;
const METER = "ameide.meter.v1.MeterService/RecordUsage";
const IDENTITY = "ameide.identity.v1.OrganizationsDirectoryService/CreateApiKey";

function edited(edit: (manifest: Manifest) => void = () => {}): Manifest {
  const manifest = manifestOf(readImage(ourImage(), "it"));
  edit(manifest);
  return manifest;
}

function fileOf(manifest: Manifest): string {
  return temporaryFile("manifest.json", toCanonicalJson(ManifestSchema, manifest));
}

/** What changed, a line each. */
function linesOf(edit: (manifest: Manifest) => void): string[] {
  return changesOf(edited(), edited(edit)).map(
    ({ kind, service, method, message }) =>
      `${kind} ${method === undefined ? service : `${service}/${method}`}: ${message}`,
  );
}

test.each<[string, (manifest: Manifest) => void, string[]]>([
  ["nothing", () => {}, []],
  [
    "a new service",
    ({ services }) => {
      const { names, methods } = there(services[0]);
      const billing = { names: there(names), methods: methods.slice(0, 2) };
      services.push(create(ServiceSchema, { name: "acme.v1.BillingService", ...billing }));
    },
    ["added acme.v1.BillingService: new service, 2 methods"],
  ],
  [
    "a new method",
    (manifest) => {
      const service = there(manifest.services.find(({ name }) => name === THREADS));
      service.methods.push({ ...methodIn(manifest, `${THREADS}/WatchThread`), name: "WatchAll" });
    },
    [`added ${THREADS}/WatchAll: new method, server streaming`],
  ],
  [
    "a service removed",
    (manifest) =>
      void (manifest.services = manifest.services.filter(({ name }) => name !== THREADS)),
    [`breaking ${THREADS}: the service was removed`],
  ],
  [
    "a method deprecated",
    (manifest) => (methodIn(manifest, GET).deprecated = true),
    [`deprecated ${GET}: the method is deprecated`],
  ],
  [
    "a service deprecated, with its methods",
    ({ services }) => {
      const service = there(services.find(({ name }) => name === THREADS));
      service.deprecated = true;
      service.methods.forEach((method) => (method.deprecated = true));
    },
    [`deprecated ${THREADS}: the service is deprecated`],
  ],
  [
    "kind and types",
    (manifest) => {
      Object.assign(methodIn(manifest, GET), {
        kind: "bidi_streaming",
        input: "a.A",
        output: "a.B",
      });
    },
    [
      `breaking ${GET}: its kind changed from unary to bidi streaming`,
      `breaking ${GET}: its request changed from ameide.threads.v1.GetThreadRequest to a.A`,
      `breaking ${GET}: its response changed from ameide.threads.v1.GetThreadResponse to a.B`,
    ],
  ],
  [
    "a level lowered",
    (manifest) => (methodIn(manifest, GET).idempotency = "idempotent"),
    [`breaking ${GET}: idempotency_level was lowered from no_side_effects to idempotent`],
  ],
  [
    "a level raised",
    (manifest) => (methodIn(manifest, METER).idempotency = "idempotent"),
    [`changed ${METER}: idempotency_level was raised from unknown to idempotent`],
  ],
  [
    "promises taken back",
    (manifest) => {
      there(methodIn(manifest, METER).facts).idempotencyKey = false;
      there(methodIn(manifest, IDENTITY).facts).requestIdField = "id";
    },
    [
      `breaking ${IDENTITY}: request_id_field changed from request_id to id`,
      `breaking ${METER}: idempotency_key changed from true to false`,
    ],
  ],
  [
    "more asked for",
    (manifest) => {
      there(methodIn(manifest, GET).facts).scopes.push("threads.more");
      there(methodIn(manifest, METER).facts).tenant = "forbidden";
    },
    [
      `breaking ${METER}: tenant changed from required to forbidden`,
      `breaking ${GET}: scopes changed from threads.read to threads.read threads.more`,
    ],
  ],
  [
    "a credential that is not known",
    (manifest) => (there(methodIn(manifest, GET).facts).auth = "7"),
    [`breaking ${GET}: auth changed from bearer to 7`],
  ],
  [
    "less asked for, and defaults",
    (manifest) => {
      Object.assign(there(methodIn(manifest, GET).facts), { auth: "none", scopes: [] });
      Object.assign(there(methodIn(manifest, METER).facts), {
        tenant: "optional",
        defaultTimeoutMs: 5_000n,
        waitForReady: true,
        mcp: "tool",
      });
    },
    [
      `changed ${METER}: tenant changed from required to optional`,
      `changed ${METER}: default_timeout_ms changed from unset to 5000`,
      `changed ${METER}: mcp changed from off to tool`,
      `changed ${METER}: wait_for_ready changed from false to true`,
      `changed ${GET}: auth changed from bearer to none`,
      `changed ${GET}: scopes changed from threads.read to none`,
    ],
  ],
])("%s", (_, edit, lines) => {
  expect(linesOf(edit)).toEqual(lines);
});

const BEFORE = ourImage();
const image = (edit: (set: FileDescriptorSet) => void) =>
  temporaryFile("image.binpb", ourImage(edit));
const THREADS_PROTO = "ameide/threads/v1/threads.proto";
const messageIn = (set: FileDescriptorSet, name: string) =>
  there(fileIn(set, THREADS_PROTO).messageType.find((each) => each.name === name));
const field = (set: FileDescriptorSet, name: string) =>
  there(messageIn(set, "Thread").field.find((each) => each.name === name));

test.each<[string, (set: FileDescriptorSet) => void, string[]]>([
  [
    "a field removed",
    (set) => {
      const thread = messageIn(set, "Thread");
      thread.field = thread.field.filter(({ name }) => name !== "title");
    },
    ["breaking ameide.threads.v1.Thread: its field title was removed"],
  ],
  [
    "a field of another type and number, and a new one",
    (set) => {
      Object.assign(field(set, "title"), { type: Type.INT64, number: 77 });
      const isNew = { name: "brand_new", number: 99, type: Type.STRING, label: Label.REPEATED };
      messageIn(set, "Thread").field.push(create(FieldDescriptorProtoSchema, isNew));
    },
    [
      "breaking ameide.threads.v1.Thread: its field title changed from string = 2 to int64 = 77",
      "added ameide.threads.v1.Thread: new field brand_new: repeated string = 99",
    ],
  ],
  [
    "a go_package",
    (set) =>
      (fileIn(set, THREADS_PROTO).options = create(FileOptionsSchema, {
        goPackage: "a.example/b",
      })),
    [`breaking ${THREADS}: its go_package changed from none to a.example/b`],
  ],
  [
    "a file",
    (set) => {
      for (const file of set.file) {
        file.dependency = file.dependency.map((name) =>
          name === THREADS_PROTO ? "a.proto" : name,
        );
      }
      fileIn(set, THREADS_PROTO).name = "a.proto";
    },
    [
      `breaking ${THREADS}: its file changed from ${THREADS_PROTO} to a.proto`,
      `breaking ${THREADS_PROTO}: the file was removed`,
    ],
  ],
])("tells of %s, image to image", async (_, edit, lines) => {
  const [older, newer] = [temporaryFile("image.binpb", BEFORE), image(edit)].map(async (path) =>
    temporaryFile("manifest.json", (await run("emit", "--image", path)).stdout),
  );
  const args = ["diff", await there(older), await there(newer), "--format", "json"] as const;
  const { code, stdout } = await run(...args);
  const { changes } = JSON.parse(stdout) as { changes: Change[] };
  expect(changes.map(({ kind, service, message: what }) => `${kind} ${service}: ${what}`)).toEqual(
    lines,
  );
  expect(code).toBe(1);
});

it("compares no messages with a manifest that was made before it had any", () => {
  const older = edited((manifest) => {
    Object.assign(manifest, { messages: [], enums: [] });
    manifest.services.forEach((service) => Object.assign(service, { file: "", goPackage: "" }));
  });
  expect(changesOf(older, edited())).toEqual([]);
});

const facts = (values: Partial<Facts>) => (manifest: Manifest) =>
  void Object.assign(there(methodIn(manifest, GET).facts), values);
const level = (idempotency: string) => (manifest: Manifest) =>
  void Object.assign(methodIn(manifest, GET), { idempotency });

test.each<[string, (manifest: Manifest) => void, (manifest: Manifest) => void]>([
  ["wait_for_ready changed from true to false", facts({ waitForReady: true }), () => {}],
  ["long_lived changed from true to false", facts({ longLived: true }), () => {}],
  [
    "default_timeout_ms changed from 60000 to 1",
    facts({ defaultTimeoutMs: 60_000n }),
    facts({ defaultTimeoutMs: 1n }),
  ],
  [
    "default_timeout_ms changed from 60000 to unset",
    facts({ defaultTimeoutMs: 60_000n }),
    () => {},
  ],
  ['scopes changed from "a b" to a b', facts({ scopes: ["a b"] }), facts({ scopes: ["a", "b"] })],
  ["idempotency_level changed from weird to unknown", level("weird"), level("unknown")],
  ["idempotency_level changed from idempotent to weird", level("idempotent"), level("weird")],
])("is breaking, and exits 1: %s", async (message, before, after) => {
  const { code, stdout } = await run("diff", fileOf(edited(before)), fileOf(edited(after)));
  expect({ code, stdout }).toEqual({ code: 1, stdout: `Breaking:\n\n- \`${GET}\`: ${message}\n` });
});

test.each<[string, (manifest: Manifest) => void, (manifest: Manifest) => void]>([
  ["long_lived changed from false to true", () => {}, facts({ longLived: true })],
  [
    "default_timeout_ms changed from 1 to 60000",
    facts({ defaultTimeoutMs: 1n }),
    facts({ defaultTimeoutMs: 60_000n }),
  ],
])("is not breaking: %s", async (message, before, after) => {
  const { code, stdout } = await run("diff", fileOf(edited(before)), fileOf(edited(after)));
  expect({ code, stdout }).toEqual({ code: 0, stdout: `Changed:\n\n- \`${GET}\`: ${message}\n` });
});

it("prints a list of each kind, and exits 1 for what is breaking", async () => {
  const [older, newer] = [edited(), edited()].map((manifest, index) => {
    methodIn(manifest, GET).deprecated = index === 1;
    methodIn(manifest, METER).idempotency = index === 1 ? "unknown" : "idempotent";
    return fileOf(manifest);
  });
  const text = await run("diff", there(older), there(newer));
  expect(text).toEqual({
    code: 1,
    stderr: "",
    stdout: `Breaking:

- \`${METER}\`: idempotency_level was lowered from idempotent to unknown

Deprecated:

- \`${GET}\`: the method is deprecated
`,
  });
  const json = await run("diff", there(older), there(newer), "--format", "json");
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    counts: { breaking: 1, deprecated: 1, added: 0, changed: 0 },
    changes: [{ kind: "breaking", service: METER.split("/")[0], method: "RecordUsage" }, {}],
  });
  const same = await run("diff", there(newer), there(newer));
  expect(same).toEqual({ code: 0, stdout: "Nothing changed.\n", stderr: "" });
});

it("says that options changed, where no service, method or message did", async () => {
  const lacking = ourImage((set) => {
    const file = fileIn(set, "ameide/threads/v1/threads.proto");
    file.options ??= create(FileOptionsSchema);
    file.options.javaPackage = "com.example";
  });
  const [older, newer] = [ourImage(), lacking].map((each) =>
    fileOf(manifestOf(readImage(each, "it"))),
  );
  const { code, stdout } = await run("diff", there(older), there(newer));
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^No service, method or message changed, but options did: .*breaking says/,
  );
  const json = await run("diff", there(older), there(newer), "--format", "json");
  expect(JSON.parse(json.stdout)).toMatchObject({ moduleChanged: true, changes: [] });
  const same = await run("diff", there(older), there(older), "--format", "json");
  expect(JSON.parse(same.stdout)).toMatchObject({ moduleChanged: false, changes: [] });
});
