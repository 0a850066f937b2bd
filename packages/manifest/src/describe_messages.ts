import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescService,
  ScalarType,
} from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import {
  type Enum,
  EnumSchema,
  type Field,
  FieldSchema,
  type Message,
  MessageSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { byText } from "./canonical.js";

/** What methods take and return. */
export interface Types {
  readonly messages: Message[];
  readonly enums: Enum[];
}

/**
 * Describes every message that methods of services take or return, or that is part of one, and every
 * enum in them; but for those of `google.protobuf`, which are a runtime's own.
 */
export function describeTypes(services: readonly DescService[]): Types {
  const messages = new Map<string, DescMessage>();
  const enums = new Map<string, DescEnum>();
  const due = services.flatMap(({ methods }) =>
    methods.flatMap(({ input, output }) => [input, output]),
  );
  for (let message = due.pop(); message !== undefined; message = due.pop()) {
    if (messages.has(message.typeName) || isOfRuntime(message)) {
      continue;
    }
    messages.set(message.typeName, message);
    for (const field of message.fields) {
      due.push(...(field.message === undefined ? [] : [field.message]));
      if (field.enum !== undefined && !isOfRuntime(field.enum)) {
        enums.set(field.enum.typeName, field.enum);
      }
    }
  }
  const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
    byText(a.name, b.name);
  return {
    messages: [...messages.values()].map(describeMessage).sort(byName),
    enums: [...enums.values()].map(describeEnum).sort(byName),
  };
}

function isOfRuntime({ file }: DescMessage | DescEnum): boolean {
  return file.proto.package === "google.protobuf";
}

function describeMessage({ typeName, fields }: DescMessage): Message {
  return create(MessageSchema, {
    name: typeName,
    fields: fields.map(describeField).sort((a, b) => a.number - b.number),
  });
}

function describeField(field: DescField): Field {
  const { name, number, jsonName, oneof } = field;
  return create(FieldSchema, {
    name,
    number,
    jsonName: jsonName || protoCamelCase(name),
    type: typeOf(field),
    oneof: oneof?.name ?? "",
  });
}

function describeEnum({ typeName, values }: DescEnum): Enum {
  return create(EnumSchema, {
    name: typeName,
    values: values
      .map(({ name, number }) => ({ name, number }))
      .sort((a, b) => a.number - b.number || byText(a.name, b.name)),
  });
}

function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "map":
      return `map<${wordOf(field.mapKey)}, ${elementOf(field)}>`;
    case "list": {
      const isExpanded = !field.packed && isPackable(field);
      return `${isExpanded ? "expanded" : "repeated"} ${elementOf(field)}`;
    }
    case "message":
    case "enum":
    case "scalar": {
      const { presence, oneof } = field;
      if (presence === Presence.LEGACY_REQUIRED) {
        return `required ${elementOf(field)}`;
      }
      const isOptional =
        presence === Presence.EXPLICIT && oneof === undefined && field.fieldKind !== "message";
      return `${isOptional ? "optional " : ""}${elementOf(field)}`;
    }
  }
}

function isPackable({ message, scalar }: DescField): boolean {
  return message === undefined && scalar !== ScalarType.STRING && scalar !== ScalarType.BYTES;
}

function elementOf(field: DescField): string {
  if (field.message !== undefined) {
    return `${field.delimitedEncoding ? "group " : ""}${field.message.typeName}`;
  }
  return field.enum?.typeName ?? wordOf(field.scalar);
}

function wordOf(scalar: ScalarType | undefined): string {
  return scalar === undefined ? "" : ScalarType[scalar].toLowerCase();
}
