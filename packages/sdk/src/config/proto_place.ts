import type { DescMethod, DescService } from "@bufbuild/protobuf";

// Numbers of FileDescriptorProto, ServiceDescriptorProto and MethodDescriptorProto.
const SERVICE = 6;
const METHOD = 2;
const SERVICE_OPTIONS = 3;
const METHOD_OPTIONS = 4;

/**
 * Returns the place of an option of a service or method: `acme/v1/billing.proto:12`. Undefined if
 * the descriptor does not know: images carry source info (`SourceCodeInfo` of descriptor.proto),
 * generated code does not.
 */
export function placeOf(desc: DescMethod | DescService, option: number): string | undefined {
  const service = desc.kind === "service" ? desc : desc.parent;
  const { file } = service;
  const locations = file.proto.sourceCodeInfo?.location;
  if (locations === undefined) {
    return undefined;
  }
  const path = [SERVICE, file.services.indexOf(service)];
  if (desc.kind === "rpc") {
    path.push(METHOD, service.methods.indexOf(desc), METHOD_OPTIONS, option);
  } else {
    path.push(SERVICE_OPTIONS, option);
  }
  // An option of several parts appears once for each, under a longer path.
  const found = locations.find((location) =>
    path.every((step, depth) => step === location.path[depth]),
  );
  const line = found?.span[0];
  return line === undefined ? undefined : `${file.proto.name}:${line + 1}`;
}
