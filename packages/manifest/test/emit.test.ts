import { readFileSync } from "node:fs";
import { join } from "node:path";
import { create, toJson } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel as Level,
  MethodOptionsSchema,
  ServiceDescriptorProtoSchema,
  ServiceOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { FactsSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { file_ameide_policy_v1_policy as policyFile } from "@ameideio/core-proto/ameide/policy/v1";
import { WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it, test } from "vitest";
import { manifestOf, readImage, readManifest } from "../src/index.js";
import { fileOf, imageOf, ourImage, suiteImage, there } from "./harness/images.js";
import { run, temporaryFile, temporaryFolder } from "./harness/run.js";

const THREADS = "ameide/threads/v1/threads.proto";

describe("emit", () => {
  it("writes canonical JSON, the same bytes for the same image", async () => {
    const image = temporaryFile("image.binpb", ourImage());
    const out = join(temporaryFolder(), "manifest.json");
    const printed = await run("emit", "--image", image);
    expect(await run("emit", "--image", image, "--out", out)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(readFileSync(out, "utf8")).toBe(printed.stdout);
    expect(printed.stdout).toMatch(/^\{\n {2}"enums"[^\r]*\n\}\n$/);
    const keys = [...printed.stdout.matchAll(/^ {2}"(\w+)"/gm)].map(([, key]) => key);
    expect(keys).toEqual(["enums", "messages", "module", "schema", "services"]);
    const { services } = readManifest(printed.stdout, "it");
    const names = services.map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    expect(names).toContain("ameide.threads.v1.ThreadsService");
  });

  it("names services and methods in every language", () => {
    const { services } = manifestOf(readImage(ourImage(), "it"));
    const service = services.find(({ name }) => name.endsWith(".OrganizationsDirectoryService"));
    expect(service?.names).toMatchObject({
      typescript: "organizationsDirectory",
      go: "OrganizationsDirectory",
      python: "organizations_directory",
    });
    const method = service?.methods.find(({ name }) => name === "CreateApiKey");
    expect(method?.names).toMatchObject({
      typescript: "createApiKey",
      go: "CreateApiKey",
      python: "create_api_key",
    });
  });

  it("says which packages have services, where that of the roster has none", async () => {
    const image = temporaryFile("image.binpb", suiteImage());
    expect(await run("emit", "--image", image, "--opt", "roster=nope")).toEqual({
      code: 1,
      stdout: "",
      stderr: "the image has no service in package nope; it has some in ameide.conformance.v1\n",
    });
  });

  it("takes a stated name of a service", () => {
    const image = readImage(suiteImage(), "it");
    expect(manifestOf(image).services[0]?.names?.typescript).toBe("conformance");
    const stated = suiteImage((set) => {
      const [service] = fileOf(set, "ameide/conformance/v1/service.proto").service;
      const options = create(ServiceOptionsSchema);
      options.$unknown = [
        { no: 50819, wireType: WireType.LengthDelimited, data: new Uint8Array([2, 0x61, 0x62]) },
      ];
      there(service).options = options;
    });
    expect(manifestOf(readImage(stated, "it")).services[0]?.names).toMatchObject({
      typescript: "ab",
      go: "Ab",
    });
  });
});

it("leaves out services of other modules", () => {
  const names = (noted: Uint8Array) => {
    const image = ourImage((set) => {
      fileOf(set, THREADS).$unknown = [
        { no: 8042, wireType: WireType.LengthDelimited, data: noted },
      ];
    });
    return manifestOf(readImage(image, "it")).services.map(({ name }) => name);
  };
  // buf.alpha.image.v1.ImageFileExtension: is_import, or is_syntax_unspecified before it.
  expect(names(new Uint8Array([4, 24, 1, 8, 1]))).not.toContain("ameide.threads.v1.ThreadsService");
  expect(names(new Uint8Array([2, 8, 0]))).toContain("ameide.threads.v1.ThreadsService");
  expect(names(new Uint8Array([0]))).toContain("ameide.threads.v1.ThreadsService");
});

describe("facts", () => {
  const [service] = manifestOf(readImage(suiteImage(), "it")).services;
  const said = {
    tenant: "optional",
    auth: "bearer",
    idempotencyKey: false,
    longLived: false,
    scopes: [],
    mcp: "off",
    requestIdField: "",
    waitForReady: false,
  };

  test.each([
    ["Unknown", "unary", "unknown", {}],
    ["NoSideEffects", "unary", "no_side_effects", { scopes: ["conformance.read"] }],
    ["UnknownWithKey", "unary", "unknown", { idempotencyKey: true }],
    ["UnknownWithRequestId", "unary", "unknown", { requestIdField: "request_id" }],
    ["TenantRequired", "unary", "idempotent", { tenant: "required" }],
    ["TenantForbidden", "unary", "idempotent", { tenant: "forbidden" }],
    ["WithoutAuth", "unary", "idempotent", { auth: "none" }],
    ["WithTimeout", "unary", "idempotent", { defaultTimeoutMs: "45000" }],
    ["WaitsForReady", "unary", "idempotent", { waitForReady: true }],
    ["ServerStreamLongLived", "server_streaming", "no_side_effects", { longLived: true }],
    ["ClientStreamUnknown", "client_streaming", "unknown", {}],
    ["BidiStreamIdempotent", "bidi_streaming", "idempotent", {}],
  ])("%s", (name, kind, idempotency, facts) => {
    const method = there(service?.methods.find((each) => each.name === name));
    expect(method).toMatchObject({ kind, idempotency });
    expect(toJson(FactsSchema, there(method.facts), { alwaysEmitImplicit: true })).toEqual({
      ...said,
      ...facts,
    });
  });

  it("are all options of methods that policy.proto has", () => {
    const options = policyFile.extensions
      .filter(({ extendee }) => extendee.typeName === MethodOptionsSchema.typeName)
      .map(({ name }) => name);
    expect(options.length).toBeGreaterThan(5);
    expect(FactsSchema.fields.map(({ name }) => name).toSorted()).toEqual(options.toSorted());
  });

  it("are those of the service where the method says nothing", () => {
    const { services } = manifestOf(readImage(ourImage(), "it"));
    const threads = services.find(({ name }) => name === "ameide.threads.v1.ThreadsService");
    const facts = new Map(threads?.methods.map(({ name, facts: each }) => [name, each]));
    expect(facts.get("GetThread")).toMatchObject({ tenant: "required", scopes: ["threads.read"] });
    expect(facts.get("CreateThread")?.scopes).toEqual(["threads.write"]);
  });

  it("has deprecation of a method, and of its service", () => {
    const deprecatedIn = (edit: Parameters<typeof ourImage>[0]) => {
      const { services } = manifestOf(readImage(ourImage(edit), "it"));
      const methods = services.flatMap((each) => each.methods);
      return methods.filter(({ deprecated }) => deprecated).map(({ name }) => name);
    };
    expect(deprecatedIn(undefined)).toEqual([]);
    const one = deprecatedIn((set) => {
      const method = fileOf(set, THREADS).service[0]?.method[1];
      there(there(method).options).deprecated = true;
    });
    expect(one).toEqual(["GetThread"]);
    const all = deprecatedIn((set) => {
      there(fileOf(set, THREADS).service[0]?.options).deprecated = true;
    });
    expect(all).toHaveLength(7);
  });
});

describe("digest of the module", () => {
  const digest = (image: Uint8Array) => manifestOf(readImage(image, "it")).module?.sha256;

  it("does not know comments, the order of files, nor what Buf notes", () => {
    const bare = ourImage((set) => {
      for (const file of set.file) {
        delete file.sourceCodeInfo;
        // buf.alpha.image.v1.ImageFileExtension
        file.$unknown = [{ no: 8042, wireType: WireType.LengthDelimited, data: new Uint8Array(1) }];
      }
      set.file.reverse();
    });
    expect(digest(bare)).toBe(digest(ourImage()));
  });

  it("knows every option", () => {
    const changed = ourImage((set) => {
      const method = fileOf(set, THREADS).service[0]?.method[1];
      there(there(method).options).idempotencyLevel = Level.IDEMPOTENT;
    });
    expect(digest(changed)).not.toBe(digest(ourImage()));
  });
});

describe("what is no image", () => {
  const empty = create(FileDescriptorProtoSchema, { name: "a.proto", package: "acme.v1" });
  const service = create(ServiceDescriptorProtoSchema, { name: "AService" });
  const another = (name: string) =>
    create(FileDescriptorProtoSchema, { name: `${name}.proto`, package: name, service: [service] });

  test.each([
    ["text", new TextEncoder().encode("{}"), /no descriptor image; make one with: buf build/],
    ["nothing", new Uint8Array(), /no descriptor image: it has no files/],
    ["without an import", ourImage((set) => void set.file.splice(0, 20)), /is not complete/],
    ["without a service", imageOf([empty]), /has no service/],
    [
      "a file that is there twice",
      imageOf([another("a.v1"), another("a.v1")]),
      /it has twice the file /,
    ],
    [
      "a service that is in two files",
      imageOf([another("a.v1"), { ...another("a.v1"), name: "b.proto" }]),
      /it has twice the service a\.v1\./,
    ],
    ["two of a name", imageOf([another("a.v1"), another("b.v1")]), /would both be named a; settle/],
  ])("%s", async (_, bytes, message) => {
    const ran = await run("emit", "--image", temporaryFile("image.binpb", bytes));
    expect(ran).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(message) });
  });

  const option = (no: number, wireType: WireType, ...data: number[]) =>
    suiteImage((set) => {
      const file = fileOf(set, "ameide/conformance/v1/service.proto");
      const options = create(MethodOptionsSchema);
      options.$unknown = [{ no, wireType, data: new Uint8Array(data) }];
      there(file.service[0]?.method[0]).options = options;
    });

  test.each([
    ["scopes that are a number", option(50816, WireType.Varint, 1)],
    ["a scope that is no UTF-8", option(50816, WireType.LengthDelimited, 2, 0xff, 0xfe)],
    ["a request_id_field that is no UTF-8", option(50818, WireType.LengthDelimited, 2, 0xff, 0xfe)],
    ["a tenant that is a text", option(50811, WireType.LengthDelimited, 1, 65)],
  ])("%s", async (_, bytes) => {
    const ran = await run("emit", "--image", temporaryFile("image.binpb", bytes));
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toMatch(/^an option ameide\.policy\.v1\.\w+ is malformed: [^\n]*\n$/);
  });

  it.each([
    ["a varint", WireType.Varint, [5]],
    ["no message", WireType.LengthDelimited, [3, 0xff, 0xff, 0xff]],
  ] as const)("a note of Buf that is %s", async (_, wireType, data) => {
    const bytes = suiteImage((set) => {
      there(set.file[0]).$unknown = [{ no: 8042, wireType, data: new Uint8Array(data) }];
    });
    const ran = await run("emit", "--image", temporaryFile("image.binpb", bytes));
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toMatch(/^what Buf notes of .* is malformed: [^\n]*\n$/);
  });
});
