import {
  create,
  createFileRegistry,
  type DescMethodUnary,
  type DescService,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

const text = (name: string, number: number) => ({
  name,
  number,
  type: FieldDescriptorProto_Type.STRING,
  label: FieldDescriptorProto_Label.OPTIONAL,
});

const file = create(FileDescriptorProtoSchema, {
  name: "acme/v1/billing.proto",
  package: "acme.v1",
  syntax: "proto3",
  messageType: [
    { name: "ChargeRequest", field: [text("id", 1)] },
    { name: "ChargeResponse", field: [text("id", 1)] },
  ],
  service: [
    {
      name: "Billing",
      method: [
        {
          name: "Charge",
          inputType: ".acme.v1.ChargeRequest",
          outputType: ".acme.v1.ChargeResponse",
        },
      ],
    },
  ],
});

/** `acme.v1.Billing`: a service whose proto knows nothing of us, with the method `Charge`. */
export const Billing = createFileRegistry(file, () => undefined).getService(
  "acme.v1.Billing",
) as DescService;

/** `acme.v1.Billing/Charge`. */
export const charge = Billing.methods[0] as DescMethodUnary;
