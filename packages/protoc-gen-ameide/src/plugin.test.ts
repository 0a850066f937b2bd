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
    "acme/billing/v1/invoices.proto": ["InvoicesService"],
    "acme/mail/v1/mail.proto": [],
  });
  expect(Object.keys(files).sort()).toEqual([
    "acme/billing/v1/index.d.ts",
    "acme/billing/v1/index.js",
    "acme/mail/v1/index.d.ts",
    "acme/mail/v1/index.js",
  ]);
  expect(exportsOf(files["acme/billing/v1/index.d.ts"])).toEqual([
    'export * from "./invoices_pb.js";',
    'export * from "./refunds_pb.js";',
  ]);
  const names = "TextSchema, Text_InnerSchema, Text_KindSchema, LevelSchema";
  const enums = "Text_Kind, Level";
  expect(exportsOf(files["acme/billing/v1/index.js"])).toEqual([
    `export { file_acme_billing_v1_invoices, ${names}, InvoicesService, ${enums} } from "./invoices_pb.js";`,
    `export { file_acme_billing_v1_refunds, ${names}, ${enums} } from "./refunds_pb.js";`,
  ]);
});

test("a file at the root of a module has its index there", () => {
  const files = generate("target=dts", { "single.proto": [] });
  expect(exportsOf(files["index.d.ts"])).toEqual(['export * from "./single_pb.js";']);
});

test("the roster has the services of the named packages, sorted by name", () => {
  const files = generate("target=js+dts,roster=acme,roster=beam", {
    "acme/order_desk/v1/desk.proto": ["OrderDeskService"],
    "acme/billing/v1/billing.proto": ["InvoicesService"],
    "beam/flow/v1/router.proto": ["Router"],
    "acmeother/v1/other.proto": ["OtherService"],
  });
  expect(rostered(files)).toEqual([
    "invoices: InvoicesService of ../acme/billing/v1/billing_pb.js",
    "orderDesk: OrderDeskService of ../acme/order_desk/v1/desk_pb.js",
    "router: Router of ../beam/flow/v1/router_pb.js",
  ]);
});

test("the roster tells the methods and loads the stub when asked", () => {
  const files = generate("target=js+dts,roster=acme", {
    "acme/mail/v1/mail.proto": ["MailService"],
  });
  expect(files["roster.js"]?.split("\n").slice(1)).toEqual([
    "export const roster = {",
    "  mail: {",
    "    methods: {",
    '      ask: "unary",',
    '      watch: "server_streaming",',
    '      upload: "client_streaming",',
    '      talk: "bidi_streaming",',
    "    },",
    '    load: () => import("./roster/mail.js"),',
    "  },",
    "};",
    "",
  ]);
  expect(files["roster.d.ts"]).toContain(
    'import type { MailService as mailService } from "./acme/mail/v1/mail_pb.js";',
  );
  expect(files["roster.d.ts"]).toContain("  readonly mail: LazyService<typeof mailService>;");
});

test("services of one name get their area in front, all of them", () => {
  const files = generate("target=js,roster=acme", {
    "acme/identity/v1/sessions.proto": ["SessionsService"],
    "acme/order_desk/v1/sessions.proto": ["SessionsService"],
  });
  expect(rostered(files)).toEqual([
    "identitySessions: SessionsService of ../acme/identity/v1/sessions_pb.js",
    "orderDeskSessions: SessionsService of ../acme/order_desk/v1/sessions_pb.js",
  ]);
});

test("a service that is named Service keeps its name", () => {
  const files = generate("target=js,roster=acme", { "acme/v1/acme.proto": ["Service"] });
  expect(rostered(files)).toEqual(["service: Service of ../acme/v1/acme_pb.js"]);
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

/** Runs the plugin over files that hold the named services, with a method of each kind. */
function generate(parameter: string, protos: Record<string, string[]>): Record<string, string> {
  const request = create(CodeGeneratorRequestSchema, {
    parameter,
    fileToGenerate: Object.keys(protos),
    protoFile: Object.entries(protos).map(([name, services]) => ({
      name,
      package: name.split("/").slice(0, -1).join("."),
      syntax: "proto3",
      messageType: [
        { name: "Text", nestedType: [{ name: "Inner" }], enumType: [{ ...anEnum, name: "Kind" }] },
      ],
      enumType: [{ ...anEnum, name: "Level" }],
      service: services.map((service) => ({ name: service, method: methodsOver(name) })),
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

const anEnum = { value: [{ name: "UNKNOWN", number: 0 }] };

function methodsOver(file: string) {
  const text = `.${file.split("/").slice(0, -1).join(".")}.Text`;
  const method = (name: string, clientStreaming: boolean, serverStreaming: boolean) => ({
    name,
    clientStreaming,
    serverStreaming,
    inputType: text,
    outputType: text,
  });
  return [
    method("Ask", false, false),
    method("Watch", false, true),
    method("Upload", true, false),
    method("Talk", true, true),
  ];
}

function read(stdout: Uint8Array): CodeGeneratorResponse {
  return fromBinary(CodeGeneratorResponseSchema, stdout);
}

/** The export statements, each on one line. */
function exportsOf(content: string | undefined): string[] {
  const oneLine = (content ?? "").replaceAll(/\{\n\s+([^}]*),\n\}/g, (_, names: string) => {
    return `{ ${names.split(/,\s+/).join(", ")} }`;
  });
  return oneLine.split("\n").filter((line) => line.startsWith("export "));
}

/** The names of the roster, in its order, each with what its module has. */
function rostered(files: Record<string, string>): string[] {
  const modules = files["roster.js"]?.matchAll(/^ {2}(\w+): \{$[^}]*\},\s+load: .*"\.\/(.*)"/gm);
  return [...(modules ?? [])].map(([, name, module = ""]) =>
    exportsOf(files[module])
      .join("\n")
      .replace(/^export \{ (\w+) as service \} from "(.*)";$/, `${name}: $1 of $2`),
  );
}
