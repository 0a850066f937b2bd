import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { MeterService } from "@ameideio/core-proto/ameide/meter/v1";

/** A method with the codec of protobuf-es, as grpc-js and nice-grpc want methods. */
export const RECORD_USAGE = definition(MeterService.method.recordUsage, false);
export const GENERATE = definition(InferenceService.method.generate, true);

function definition<M extends DescMethod, Streams extends boolean>(
  { parent, name, input, output }: M,
  responseStream: Streams,
) {
  return {
    path: `/${parent.typeName}/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: (init: MessageInitShape<M["input"]>) =>
      bytes(toBinary(input, create(input, init))),
    requestDeserialize: (binary: Uint8Array) => fromBinary(input, binary),
    responseSerialize: (init: MessageInitShape<M["output"]>) =>
      bytes(toBinary(output, create(output, init))),
    responseDeserialize: (binary: Uint8Array) => fromBinary(output, binary),
    options: {},
  } as const;
}

// grpc-js wants a Buffer; a view is one without a copy.
function bytes({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
