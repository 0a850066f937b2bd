import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
} from "@bufbuild/protobuf/wkt";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PLUGIN = fileURLToPath(new URL("../bin/protoc-gen-ameide.js", import.meta.url));

test("a package's index has every file of the package, sorted", () => {
  const files = generate("target=js+dts", {
    "acme/billing/v1/refunds.proto": [],
    "acme/billing/v1/invoices.proto": [],
    "acme/mail/v1/mail.proto": [],
  });
  expect(Object.keys(files).sort()).toEqual([
    "acme/billing/v1/index.d.ts",
    "acme/billing/v1/index.js",
    "acme/mail/v1/index.d.ts",
    "acme/mail/v1/index.js",
  ]);
  expect(exportsOf(files["acme/billing/v1/index.js"])).toEqual([
    'export * from "./invoices_pb.js";',
    'export * from "./refunds_pb.js";',
  ]);
  expect(files["acme/mail/v1/index.d.ts"]).toContain('export * from "./mail_pb.js";');
});

test("a file at the root of a module has its index there", () => {
  const files = generate("target=js", { "single.proto": [] });
  expect(exportsOf(files["index.js"])).toEqual(['export * from "./single_pb.js";']);
});

test("the roster has the services of the named packages, sorted by name", () => {
  const files = generate("target=js+dts,roster=acme,roster=beam", {
    "acme/order_desk/v1/desk.proto": ["OrderDeskService"],
    "acme/billing/v1/billing.proto": ["InvoicesService"],
    "beam/flow/v1/router.proto": ["Router"],
    "acmeother/v1/other.proto": ["OtherService"],
  });
  const roster = [
    'export { InvoicesService as invoices } from "./acme/billing/v1/billing_pb.js";',
    'export { OrderDeskService as orderDesk } from "./acme/order_desk/v1/desk_pb.js";',
    'export { Router as router } from "./beam/flow/v1/router_pb.js";',
  ];
  expect(exportsOf(files["roster.js"])).toEqual(roster);
  expect(exportsOf(files["roster.d.ts"])).toEqual(roster);
});

test("services of one name get their area in front, all of them", () => {
  const files = generate("target=js,roster=acme", {
    "acme/identity/v1/sessions.proto": ["SessionsService"],
    "acme/order_desk/v1/sessions.proto": ["SessionsService"],
  });
  expect(exportsOf(files["roster.js"])).toEqual([
    'export { SessionsService as identitySessions } from "./acme/identity/v1/sessions_pb.js";',
    'export { SessionsService as orderDeskSessions } from "./acme/order_desk/v1/sessions_pb.js";',
  ]);
});

test("a service that is named Service keeps its name", () => {
  const files = generate("target=js,roster=acme", { "acme/v1/acme.proto": ["Service"] });
  expect(exportsOf(files["roster.js"])).toEqual([
    'export { Service as service } from "./acme/v1/acme_pb.js";',
  ]);
});

test("two versions of one service cannot be told apart and are an error", () => {
  const protos = {
    "acme/mail/v1/mail.proto": ["MailService"],
    "acme/mail/v2/mail.proto": ["MailService"],
  };
  expect(() => generate("target=js,roster=acme", protos)).toThrow(
    "roster: acme.mail.v1.MailService, acme.mail.v2.MailService would all be named mailMail",
  );
});

test.each([
  ["rooster=acme", "unknown option rooster: known is roster"],
  ["roster=", 'option roster needs the name of a package, not ""'],
  ["roster=Acme/v1", 'option roster needs the name of a package, not "Acme/v1"'],
])("%s is refused", (parameter, message) => {
  expect(() => generate(parameter, { "acme/v1/acme.proto": [] })).toThrow(message);
});

test("target=ts is refused", () => {
  expect(() => generate("target=ts", { "acme/v1/acme.proto": [] })).toThrow("say target=js+dts");
});

/** Runs the plugin over files that hold nothing but the named services. */
function generate(parameter: string, protos: Record<string, string[]>): Record<string, string> {
  const request = create(CodeGeneratorRequestSchema, {
    parameter,
    fileToGenerate: Object.keys(protos),
    protoFile: Object.entries(protos).map(([name, services]) => ({
      name,
      package: name.split("/").slice(0, -1).join("."),
      syntax: "proto3",
      service: services.map((service) => ({ name: service })),
    })),
  });
  const { stdout, stderr } = spawnSync(process.execPath, [PLUGIN], {
    input: toBinary(CodeGeneratorRequestSchema, request),
  });
  const response = stdout.length > 0 ? read(stdout) : undefined;
  if (response === undefined || response.error !== "") {
    throw new Error(response?.error ?? stderr.toString());
  }
  return Object.fromEntries(response.file.map(({ name, content }) => [name, content]));
}

function read(stdout: Uint8Array): CodeGeneratorResponse {
  return fromBinary(CodeGeneratorResponseSchema, stdout);
}

function exportsOf(content: string | undefined): string[] {
  return (content ?? "").split("\n").filter((line) => line.startsWith("export "));
}
