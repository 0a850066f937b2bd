import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  CodeGeneratorResponseSchema,
  type ServiceOptions,
  ServiceOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
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

test("a version other than v1 is part of the name, whatever else is there", () => {
  const v2 = { "acme/mail/v2/mail.proto": ["MailService"] };
  const beta = { "acme/mail/v1beta1/mail.proto": ["MailService"] };
  const v1 = { "acme/mail/v1/mail.proto": ["MailService"] };
  const name = (version: string) => `MailService of ../acme/mail/${version}/mail_pb.js`;
  expect(rostered(generate("target=js,roster=acme", { ...v1, ...v2, ...beta }))).toEqual([
    `mail: ${name("v1")}`,
    `mailV1beta1: ${name("v1beta1")}`,
    `mailV2: ${name("v2")}`,
  ]);
  expect(rostered(generate("target=js,roster=acme", v2))).toEqual([`mailV2: ${name("v2")}`]);
});

const TWO_SESSIONS = {
  "acme/identity/v1/sessions.proto": ["SessionsService"],
  "acme/order_desk/v1/sessions.proto": ["SessionsService"],
};

test("two services of one name are an error that says how to settle it", () => {
  expect(() => generate("target=js,roster=acme", TWO_SESSIONS)).toThrow(
    "roster: acme.identity.v1.SessionsService and acme.order_desk.v1.SessionsService would both be " +
      "named sessions; settle it with option (ameide.policy.v1.roster_name) of a service, or of the " +
      "plugin with name=SERVICE:NAME",
  );
});

test("an option names a service whose proto cannot, over what a proto states", () => {
  const option = "target=js+dts,roster=acme,name=acme.order_desk.v1.SessionsService:deskSessions";
  const settled = [
    "deskSessions: SessionsService of ../acme/order_desk/v1/sessions_pb.js",
    "sessions: SessionsService of ../acme/identity/v1/sessions_pb.js",
  ];
  expect(rostered(generate(option, TWO_SESSIONS))).toEqual(settled);
  const stated = { "acme.order_desk.v1": "orderSessions" };
  expect(rostered(generate(option, TWO_SESSIONS, stated))).toEqual(settled);
});

test("an option that names no service is an error", () => {
  const option = "target=js,roster=acme,name=acme.identity.v2.SessionsService:others";
  expect(() => generate(option, TWO_SESSIONS)).toThrow(
    "roster: acme.identity.v2.SessionsService is to be named others, but there is no such service",
  );
});

test.each([
  ["roster=nope", "option roster: no service is in the package nope"],
  ["roster=acme,roster=nope", "option roster: no service is in the package nope"],
  [
    "roster=acme,name=acme.identity.v1.SessionsService:a,name=acme.identity.v1.SessionsService:b",
    "option name names acme.identity.v1.SessionsService twice",
  ],
])("%s is refused", (option, message) => {
  expect(() => generate(`target=js,${option}`, TWO_SESSIONS)).toThrow(message);
});

test("a service may state its name, which leaves the other's as it was", () => {
  const files = generate("target=js+dts,roster=acme", TWO_SESSIONS, {
    "acme.order_desk.v1": "deskSessions",
  });
  expect(rostered(files)).toEqual([
    "deskSessions: SessionsService of ../acme/order_desk/v1/sessions_pb.js",
    "sessions: SessionsService of ../acme/identity/v1/sessions_pb.js",
  ]);
});

test.each([
  ["a member of every client", "CloseService", undefined, "named close, which every client has"],
  ["a member, stated", "MailService", "withTenant", "named withTenant, which every client has"],
  ["no name", "MailService", "Mail-Box", 'named "Mail-Box", which is not in lower camel case'],
])("%s is no name of a service", (_, service, stated, says) => {
  const protos = { "acme/mail/v1/mail.proto": [service] };
  const names = stated === undefined ? undefined : { "acme.mail.v1": stated };
  expect(() => generate("target=js,roster=acme", protos, names)).toThrow(says);
});

test("a service that is named after an object of JavaScript is imported as protoc-gen-es names it", () => {
  const files = generate("target=js+dts,roster=acme", { "acme/v1/object.proto": ["Object"] });
  expect(files["roster/object.js"]).toContain(
    'export { Object$ as service } from "../acme/v1/object_pb.js";',
  );
  expect(files["roster.d.ts"]).toContain(
    'import type { Object$ as objectService } from "./acme/v1/object_pb.js";',
  );
});

test("a service that is named Service keeps its name", () => {
  const files = generate("target=js,roster=acme", { "acme/v1/acme.proto": ["Service"] });
  expect(rostered(files)).toEqual(["service: Service of ../acme/v1/acme_pb.js"]);
});

test.each([
  ["rooster=acme", "unknown option rooster: known are roster and name"],
  ["name=mail", 'option name needs SERVICE:NAME, not "mail"'],
  ["roster=", 'option roster needs the name of a package, not ""'],
  ["roster=Acme/v1", 'option roster needs the name of a package, not "Acme/v1"'],
])("%s is refused", (parameter, message) => {
  expect(() => generate(parameter, { "acme/v1/acme.proto": [] })).toThrow(message);
});

test("target=ts is refused", () => {
  expect(() => generate("target=ts", { "acme/v1/acme.proto": [] })).toThrow("say target=js+dts");
});

test("an option of somebody else that has the number of roster_name is none", () => {
  const protos = { "acme/mail/v1/mail.proto": ["MailService"] };
  const files = generate("target=js,roster=acme", protos, { "acme.mail.v1": "letters" }, []);
  expect(rostered(files)).toEqual(["mail: MailService of ../acme/mail/v1/mail_pb.js"]);
});

const POLICY = "ameide/policy/v1/policy.proto";

/**
 * Runs the plugin over files that hold the named services, with a method of each kind.
 *
 * @param stated - The option `roster_name` of the services of a package.
 * @param imports - What the files import.
 */
function generate(
  parameter: string,
  protos: Record<string, string[]>,
  stated: Record<string, string> = {},
  imports = [POLICY],
): Record<string, string> {
  const packageOf = (name: string) => name.split("/").slice(0, -1).join(".");
  const request = create(CodeGeneratorRequestSchema, {
    parameter,
    fileToGenerate: Object.keys(protos),
    protoFile: [[POLICY, []] as const, ...Object.entries(protos)].map(([name, services]) => ({
      name,
      dependency: name === POLICY ? [] : imports,
      package: packageOf(name),
      syntax: "proto3",
      messageType: [
        { name: "Text", nestedType: [{ name: "Inner" }], enumType: [{ ...anEnum, name: "Kind" }] },
      ],
      enumType: [{ ...anEnum, name: "Level" }],
      service: services.map((service) => ({
        name: service,
        method: methodsOver(name),
        options: withName(stated[packageOf(name)]),
      })),
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

// As protoc hands on an option: to whoever does not know it, a field it does not know.
function withName(name: string | undefined): ServiceOptions {
  const options = create(ServiceOptionsSchema);
  if (name !== undefined) {
    const data = new BinaryWriter().string(name).finish();
    options.$unknown = [{ no: 50819, wireType: WireType.LengthDelimited, data }];
  }
  return options;
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
