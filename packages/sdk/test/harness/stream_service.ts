import { create, createFileRegistry, type DescService, type Message } from "@bufbuild/protobuf";
import type { GenMessage, GenService } from "@bufbuild/protobuf/codegenv2";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel,
  MethodOptionsSchema,
} from "@bufbuild/protobuf/wkt";

/** What all methods of {@link Streams} take and give. */
export type Text = Message<"acme.v1.Text"> & { text: string };

type TextSchema = GenMessage<Text>;
/** A method of {@link Streams}. */
export interface Method<Kind> {
  readonly methodKind: Kind;
  readonly input: TextSchema;
  readonly output: TextSchema;
}

const { IDEMPOTENT, IDEMPOTENCY_UNKNOWN } = MethodOptions_IdempotencyLevel;

const method = (
  name: string,
  client: boolean,
  server: boolean,
  level: MethodOptions_IdempotencyLevel,
) => ({
  name,
  inputType: ".acme.v1.Text",
  outputType: ".acme.v1.Text",
  clientStreaming: client,
  serverStreaming: server,
  options: create(MethodOptionsSchema, { idempotencyLevel: level }),
});

const file = create(FileDescriptorProtoSchema, {
  name: "acme/v1/streams.proto",
  package: "acme.v1",
  syntax: "proto3",
  messageType: [
    {
      name: "Text",
      field: [
        {
          name: "text",
          number: 1,
          type: FieldDescriptorProto_Type.STRING,
          label: FieldDescriptorProto_Label.OPTIONAL,
        },
      ],
    },
  ],
  service: [
    {
      name: "Streams",
      method: [
        method("Echo", false, false, IDEMPOTENT),
        method("Count", false, true, IDEMPOTENT),
        method("CountOnce", false, true, IDEMPOTENCY_UNKNOWN),
        method("Join", true, false, IDEMPOTENT),
        method("Talk", true, true, IDEMPOTENT),
      ],
    },
  ],
});

/** `acme.v1.Streams`: a service whose proto knows nothing of us, with a method of each kind. */
export const Streams = createFileRegistry(file, () => undefined).getService(
  "acme.v1.Streams",
) as DescService as GenService<{
  echo: Method<"unary">;
  count: Method<"server_streaming">;
  countOnce: Method<"server_streaming">;
  join: Method<"client_streaming">;
  talk: Method<"bidi_streaming">;
}>;
