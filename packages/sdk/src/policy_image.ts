import {
  createFileRegistry,
  type DescMethod,
  type DescService,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { contractOf } from "./contract.js";
import { nearestOf } from "./did_you_mean.js";
import { EMPTY_DOCUMENT, type PolicyDocument } from "./document.js";
import { refusalOf } from "./method_refusal.js";
import { BEHAVIOR_1, resolvePolicy, select } from "./policy.js";
import { noMethod } from "./selectors.js";

/** Services by their full name. */
export type Services = ReadonlyMap<string, DescService>;

/**
 * Reads the services of an image (`google.protobuf.FileDescriptorSet`, with imports).
 *
 * @throws Error if it is none, or an import is missing.
 */
export function readServices(image: Uint8Array): Services {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const services = [...registry.files].flatMap((file) => file.services);
  return new Map(services.map((service) => [service.typeName, service]));
}

/**
 * What a document says that does not fit the services: selectors that select
 * nothing, and facts that cannot be carried out, those of the protos included.
 * Without a document, what the protos themselves say.
 */
export function problemsIn(services: Services, document = EMPTY_DOCUMENT): string[] {
  return [
    ...[...document.methods.keys()].flatMap((selector) => {
      const problem = selectsNothing(services, selector);
      return problem === undefined ? [] : [`the selector ${selector} selects nothing: ${problem}`];
    }),
    ...[...services.values()].flatMap(({ methods }) =>
      methods.flatMap((method) => cannotBe(method, document)),
    ),
  ];
}

function selectsNothing(services: Services, selector: string): string | undefined {
  const [name = "", method] = selector.split("/");
  const service = services.get(name);
  if (service !== undefined) {
    return method === undefined ? undefined : noMethod(service, method);
  }
  const names = [...services.keys()];
  const near = names.find((each) => each.endsWith(`.${name}`)) ?? nearestOf(name, names);
  return `the image has no service ${name}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

function cannotBe(method: DescMethod, document: PolicyDocument): string[] {
  const stated = select(document.methods, method.parent.typeName, method.name);
  const { refusal } = refusalOf(
    method,
    resolvePolicy([
      ...stated.map(([selector, values]) => ({ source: `policy document: ${selector}`, values })),
      { source: "policy document: default", values: document.default },
      ...contractOf(method),
      { source: "built-in", values: BEHAVIOR_1.defaults },
    ]),
  );
  return refusal === undefined ? [] : [`${refusal.option}: ${refusal.rule}`];
}
