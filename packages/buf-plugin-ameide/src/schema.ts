import {
  create,
  createFileRegistry,
  createRegistry,
  type DescFile,
  type DescMessage,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import {
  type FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  file_google_protobuf_any,
  file_google_protobuf_descriptor,
} from "@bufbuild/protobuf/wkt";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";

/**
 * The messages of github.com/pluginrpc/pluginrpc and github.com/bufbuild/bufplugin that a lint plugin reads
 * and writes, with the fields it uses, under their names and numbers. Others are unknown fields.
 */
const MESSAGES = [
  message("pluginrpc.v1.Procedure", [field("path", 1), field("args", 2, { repeated: true })]),
  message("pluginrpc.v1.Spec", [
    field("procedures", 1, { of: "pluginrpc.v1.Procedure", repeated: true }),
  ]),
  message("pluginrpc.v1.Request", [field("value", 1, { of: "google.protobuf.Any" })]),
  message("pluginrpc.v1.Error", [
    // An enum, whose JSON may be its number.
    field("code", 1, { type: Type.INT32 }),
    field("message", 2),
  ]),
  message("pluginrpc.v1.Response", [
    field("value", 1, { of: "google.protobuf.Any" }),
    field("error", 2, { of: "pluginrpc.v1.Error" }),
  ]),
  message("buf.plugin.descriptor.v1.FileDescriptor", [
    field("file_descriptor_proto", 1, { of: "google.protobuf.FileDescriptorProto" }),
    field("is_import", 2, { type: Type.BOOL }),
  ]),
  message("buf.plugin.descriptor.v1.FileLocation", [
    field("file_name", 1),
    field("source_path", 2, { type: Type.INT32, repeated: true }),
  ]),
  message("buf.plugin.option.v1.Option", [field("key", 1)]),
  message("buf.plugin.check.v1.Annotation", [
    field("rule_id", 1),
    field("message", 2),
    field("file_location", 3, { of: "buf.plugin.descriptor.v1.FileLocation" }),
  ]),
  message("buf.plugin.check.v1.CheckRequest", [
    field("file_descriptors", 1, { of: "buf.plugin.descriptor.v1.FileDescriptor", repeated: true }),
    field("options", 3, { of: "buf.plugin.option.v1.Option", repeated: true }),
    field("rule_ids", 4, { repeated: true }),
  ]),
  message("buf.plugin.check.v1.CheckResponse", [
    field("annotations", 1, { of: "buf.plugin.check.v1.Annotation", repeated: true }),
  ]),
  message("buf.plugin.check.v1.Category", [field("id", 1), field("purpose", 2)]),
  message("buf.plugin.check.v1.Rule", [
    field("id", 1),
    field("category_ids", 2, { repeated: true }),
    field("default", 3, { type: Type.BOOL }),
    field("purpose", 4),
    // An enum; 1 is RULE_TYPE_LINT.
    field("type", 5, { type: Type.INT32 }),
  ]),
  ...["Rules", "Categories"].map((what) =>
    message(`buf.plugin.check.v1.List${what}Request`, [
      field("page_size", 1, { type: Type.UINT32 }),
      field("page_token", 2),
    ]),
  ),
  message("buf.plugin.check.v1.ListRulesResponse", [
    field("next_page_token", 1),
    field("rules", 2, { of: "buf.plugin.check.v1.Rule", repeated: true }),
  ]),
  message("buf.plugin.check.v1.ListCategoriesResponse", [
    field("next_page_token", 1),
    field("categories", 2, { of: "buf.plugin.check.v1.Category", repeated: true }),
  ]),
];

/** In an order in which each uses only those before it. */
const PACKAGES = [
  "pluginrpc.v1",
  "buf.plugin.descriptor.v1",
  "buf.plugin.option.v1",
  "buf.plugin.check.v1",
];

/** Descriptors of the messages of the plugin protocol, by full name. */
export const registry = describe();

/** The descriptor of a message of the plugin protocol. */
export function messageOf(name: string): DescMessage {
  const desc = registry.getMessage(name);
  if (desc === undefined) {
    throw new Error(`there is no message ${name}`);
  }
  return desc;
}

function describe() {
  const files: DescFile[] = [file_google_protobuf_any, file_google_protobuf_descriptor];
  for (const name of PACKAGES) {
    const file = create(FileDescriptorProtoSchema, {
      name: `${name}.proto`,
      package: name,
      syntax: "proto3",
      dependency: files.map(({ proto }) => proto.name),
      messageType: MESSAGES.filter((each) => each.package === name).map(({ init }) => init),
    });
    const { files: made } = createFileRegistry(file, (path) =>
      files.find(({ proto }) => proto.name === path),
    );
    files.push(...[...made].filter(({ proto }) => proto.name === file.name));
  }
  return createRegistry(...files);
}

type FieldInit = MessageInitShape<typeof FieldDescriptorProtoSchema>;

function message(fullName: string, fields: FieldInit[]) {
  const dot = fullName.lastIndexOf(".");
  return {
    package: fullName.slice(0, dot),
    init: { name: fullName.slice(dot + 1), field: fields },
  };
}

function field(
  name: string,
  number: number,
  {
    type = Type.STRING,
    of,
    repeated = false,
  }: { type?: Type; of?: string; repeated?: boolean } = {},
): FieldInit {
  return {
    name,
    jsonName: protoCamelCase(name),
    number,
    label: repeated ? Label.REPEATED : Label.OPTIONAL,
    ...(of === undefined ? { type } : { type: Type.MESSAGE, typeName: `.${of}` }),
  };
}
