import { create } from "@bufbuild/protobuf";
import {
  type Inspection,
  type Surface,
  SurfaceSchema,
} from "@ameideio/conformance-proto/ameide/manifest/v1";
import { byText } from "./canonical.js";
import { describeService } from "./describe.js";
import { describeTypes } from "./describe_messages.js";
import { readImage, servicesOf } from "./image.js";
import { SCHEMA } from "./read.js";

/**
 * Makes a surface of what an inspector saw. The descriptors of every SDK are read here, so that a fact
 * is resolved in one way.
 *
 * @param packages - Root packages whose services count. Default: all.
 * @throws UserError if the descriptors are not complete.
 */
export function surfaceOf(
  { sdk, clients, descriptors }: Inspection,
  packages: readonly string[] = [],
): Surface {
  const image = readImage(descriptors, `what the stubs of ${sdk} embed`);
  for (const client of clients) {
    client.methods.sort((a, b) => byText(a.name, b.name));
  }
  const services = servicesOf(image, packages);
  return create(SurfaceSchema, {
    schema: SCHEMA,
    sdk,
    clients: clients.toSorted((a, b) => byText(a.entry, b.entry) || byText(a.name, b.name)),
    stubs: services.map(describeService),
    ...describeTypes(services),
  });
}
