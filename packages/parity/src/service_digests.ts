import { create } from "@bufbuild/protobuf";
import { type Surface, SurfaceSchema } from "@ameideio/conformance-proto/ameide/manifest/v1";
import { sha256, toCanonicalJson } from "@ameideio/manifest";

/**
 * The digest of what a surface has of each service, clients and stub together. A client that calls no
 * service is under its own name.
 */
export function serviceDigests({ schema, sdk, clients, stubs }: Surface): Record<string, string> {
  const serviceOf = ({ name, methods }: (typeof clients)[number]) =>
    methods[0]?.procedure.split("/")[0] ?? name;
  const names = new Set([...stubs.map(({ name }) => name), ...clients.map(serviceOf)]);
  return Object.fromEntries(
    [...names].toSorted().map((name) => {
      const own = create(SurfaceSchema, {
        schema,
        sdk,
        clients: clients.filter((client) => serviceOf(client) === name),
        stubs: stubs.filter((stub) => stub.name === name),
      });
      return [name, sha256(toCanonicalJson(SurfaceSchema, own))];
    }),
  );
}
