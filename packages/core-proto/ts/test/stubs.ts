import {
  createFileRegistry,
  createRegistry,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type Registry,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { readImage } from "@ameideio/core-proto/image";
import { roster } from "@ameideio/core-proto/roster";

/** Every file of the image. */
export function imageFiles(): DescFile[] {
  return [...createFileRegistry(fromBinary(FileDescriptorSetSchema, readImage())).files];
}

/** The image's files that are ours, not a vendored module's. */
export function ourFiles(): DescFile[] {
  return imageFiles().filter((file) => /^(ameide|beamline)\./.test(file.proto.package));
}

export function ourServices(): DescService[] {
  return ourFiles().flatMap((file) => file.services);
}

export function ourMethods(): DescMethod[] {
  return ourServices().flatMap((service) => service.methods);
}

/** Every service of the roster, in its order. */
export async function rosterServices(): Promise<DescService[]> {
  const modules = await Promise.all(Object.values(roster).map((each) => each.load()));
  return modules.map(({ service }) => service);
}

/** The stub of a message. */
export function schemaOf(registry: Registry, type: string): DescMessage {
  const schema = registry.getMessage(type);
  if (schema === undefined) {
    throw new Error(`no stub of ${type}`);
  }
  return schema;
}

/** The stubs of every package, each imported as a user does: by the package's path. */
export async function stubs(): Promise<Registry> {
  const paths = new Set(
    imageFiles()
      .map((file) => file.proto.package.replaceAll(".", "/"))
      .filter((path) => path !== "google/protobuf"),
  );
  const modules = await Promise.all(
    [...paths].map(
      (path) => import(/* @vite-ignore */ `@ameideio/core-proto/${path}`) as Promise<object>,
    ),
  );
  return createRegistry(...modules.flatMap((module) => Object.values(module).filter(isDescFile)));
}

function isDescFile(value: unknown): value is DescFile {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "file";
}
