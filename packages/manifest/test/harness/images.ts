import { create, type DescFile, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { ConformanceService } from "@ameideio/conformance-proto";
import { readImage as readOurImage } from "@ameideio/core-proto/image";

/** The image of our own module, after an edit of it. */
export function ourImage(edit: (set: FileDescriptorSet) => void = () => {}): Uint8Array {
  return edited(readOurImage(), edit);
}

/** The image of the suite's service, which has every kind of method and every fact. */
export function suiteImage(edit: (set: FileDescriptorSet) => void = () => {}): Uint8Array {
  const files = new Map<string, FileDescriptorProto>();
  const add = (file: DescFile) => {
    file.dependencies.forEach(add);
    files.set(file.proto.name, file.proto);
  };
  add(ConformanceService.file);
  const set = create(FileDescriptorSetSchema, { file: [...files.values()] });
  return edited(toBinary(FileDescriptorSetSchema, set), edit);
}

/** Makes an image of files. */
export function imageOf(file: FileDescriptorProto[]): Uint8Array {
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
}

/** The file of an image that has a name. */
export function fileOf({ file }: FileDescriptorSet, name: string): FileDescriptorProto {
  return there(file.find((each) => each.name === name));
}

/** Returns a value that has to be there. */
export function there<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error("what the test needs is not there");
  }
  return value;
}

function edited(image: Uint8Array, edit: (set: FileDescriptorSet) => void): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, image);
  edit(set);
  return toBinary(FileDescriptorSetSchema, set);
}
