import {
  create,
  createFileRegistry,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type Message,
  setExtension,
} from "@bufbuild/protobuf";
import {
  type FieldDescriptorProto,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import {
  default_timeout_ms,
  file_ameide_policy_v1_policy as policy,
  request_id_field,
} from "@ameideio/core-proto/ameide/policy/v1";
import {
  field_info,
  FieldInfo_Format as Format,
  FieldInfoSchema,
} from "@ameideio/core-proto/google/api";
import { nodeError } from "./harness/scripted_client.js";
import { errorOf, scriptedThreads } from "./harness/scripted_threads.js";

type FieldOf = Parameters<typeof create<typeof FieldDescriptorProtoSchema>>[1];

function field(format: Format, more: FieldOf = {}): FieldDescriptorProto {
  const options = create(FieldOptionsSchema);
  setExtension(options, field_info, create(FieldInfoSchema, { format }));
  const label = Label.OPTIONAL;
  const all = { name: "id", number: 1, type: Type.STRING, label, options, ...more };
  return create(FieldDescriptorProtoSchema, all as FieldOf);
}

/** `acme.v1.Bank/Transfer`, whose request has one field, and names one. */
function transfer(
  one: FieldDescriptorProto,
  {
    names = "id",
    timeoutMs,
    imports = [policy.proto.name],
  }: { names?: string; timeoutMs?: bigint; imports?: string[] } = {},
): DescMethodUnary {
  const options = create(MethodOptionsSchema);
  setExtension(options, request_id_field, names);
  if (timeoutMs !== undefined) {
    setExtension(options, default_timeout_ms, timeoutMs);
  }
  const file = create(FileDescriptorProtoSchema, {
    name: "acme/v1/bank.proto",
    package: "acme.v1",
    syntax: "proto3",
    dependency: imports,
    messageType: [
      {
        name: "Transfer",
        field: [one],
        oneofDecl: one.oneofIndex === 0 && one.name === "id" ? [{ name: "of" }] : [],
      },
      { name: "Done" },
    ],
    service: [
      {
        name: "Bank",
        method: [
          {
            name: "Transfer",
            inputType: ".acme.v1.Transfer",
            outputType: ".acme.v1.Done",
            options,
          },
        ],
      },
    ],
  });
  const service = createFileRegistry(file, () => policy).getService("acme.v1.Bank");
  return (service as DescService).methods[0] as DescMethodUnary;
}

const reset = { error: nodeError("ECONNRESET") };
const done = { headers: { "content-type": "application/proto" } };

it.each([
  ["no string", field(Format.UUID4, { type: Type.BYTES }), "must be one string"],
  ["several", field(Format.UUID4, { label: Label.REPEATED }), "must be one string"],
  ["one of several", field(Format.UUID4, { oneofIndex: 0 }), "outside of any oneof"],
  ["another format", field(Format.IPV4), "must have (google.api.field_info).format = UUID4"],
  ["no format", field(Format.FORMAT_UNSPECIFIED), "must have (google.api.field_info)"],
])("a request id field that is %s is refused", async (_name, one, rule) => {
  const { transport, http } = scriptedThreads([done]);
  const method = transfer(one);
  const error = await errorOf(transport.unary(method, undefined, undefined, undefined, {}));
  expect(error).toMatchObject({ reason: "CONFIG_INVALID", method: undefined });
  const option = "(ameide.policy.v1.request_id_field) of acme.v1.Bank/Transfer";
  expect(error.rawMessage).toContain(`option ${option}: `);
  expect(error.rawMessage).toContain(rule);
  expect(http.requests).toEqual([]);
  const { problems, values } = transport.explain(method);
  expect(problems).toEqual([expect.stringContaining(`every call is refused: ${option}: `)]);
  expect(values.requestIdField.value).toBe("id");
});

it("what a proto names is shown as text, and no longer than it has to be", async () => {
  const { transport } = scriptedThreads([done]);
  const method = transfer(field(Format.UUID4), { names: `\u001b[2J\n${"x".repeat(5_000)}` });
  const error = await errorOf(transport.unary(method, undefined, undefined, undefined, {}));
  expect(error.rawMessage.length).toBeLessThan(400);
  expect(error.rawMessage).toContain(String.raw`"\u001b[2J\n`);
});

it("a default timeout of nothing is refused likewise", async () => {
  const { transport, http } = scriptedThreads([done]);
  const method = transfer(field(Format.UUID4), { timeoutMs: 0n });
  const error = await errorOf(transport.unary(method, undefined, undefined, undefined, {}));
  expect(error.rawMessage).toBe(
    "option (ameide.policy.v1.default_timeout_ms) of acme.v1.Bank/Transfer: must be at least 1",
  );
  expect(http.requests).toEqual([]);
});

it.each([
  ["a field that is there or not (proto3 optional)", { proto3Optional: true, oneofIndex: 0 }],
  ["control: a plain field", {}],
])("%s is filled", async (_name, more) => {
  const { transport, http } = scriptedThreads([reset, done]);
  const method = transfer(field(Format.UUID4, more));
  await transport.unary(method, undefined, undefined, undefined, {});
  const ids = http.requests.map(({ body }) => {
    const message = fromBinary(method.input, body) as Message & { id?: string };
    return message.id;
  });
  expect(ids).toHaveLength(2);
  expect(ids[0]).toMatch(/^[0-9a-f-]{13}-4/);
  expect(ids[1]).toBe(ids[0]);
});

it("an option of somebody else that has the number of ours is none", async () => {
  const { transport } = scriptedThreads([done]);
  const method = transfer(field(Format.UUID4), { timeoutMs: 0n, imports: [] });
  const { values, problems } = transport.explain(method);
  expect(problems).toEqual([]);
  expect(values.requestIdField).toEqual({ value: null, source: "built-in (behavior 1)" });
});
