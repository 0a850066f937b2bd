import {
  createFileRegistry,
  type DescMethod,
  type DescService,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { methodFacts } from "../config/method_facts.js";
import { nearestOf } from "../errors/did_you_mean.js";
import { EMPTY_DOCUMENT, type PolicyDocument } from "../config/policy_document.js";
import { refusalOf } from "../config/method_refusal.js";
import { BEHAVIOR_1, resolvePolicy, select } from "../policy/policy.js";
import { noMethod } from "../config/selectors.js";

/** Services by their full name. */
export type Services = ReadonlyMap<string, DescService>;

/**
 * Reads the services of an image (`google.protobuf.FileDescriptorSet`, with imports).
 *
 * @throws Error if it is not an image, or an import is missing.
 */
export function readServices(image: Uint8Array): Services {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const services = [...registry.files].flatMap((file) => file.services);
  return new Map(services.map((service) => [service.typeName, service]));
}

/** Problem that a document has with the services. */
export interface Misfit {
  /** Selector of the document that it stands at; undefined if it stands in a proto. */
  readonly selector: string | undefined;
  /** Tells its place from that of the selector: the selector itself, or a fact beside it. */
  readonly member: (place: string) => string;
  readonly text: string;
}

/**
 * Finds the misfits between a document and the services: selectors that select nothing, and facts
 * that cannot be carried out, including those stated in the protos. Without a document, only those
 * of the protos.
 */
export function misfitsIn(services: Services, document = EMPTY_DOCUMENT): Misfit[] {
  return [
    ...[...document.methods.keys()].flatMap((selector) => {
      const problem = selectsNothing(services, selector);
      const text = `the selector ${selector} selects nothing: ${problem}`;
      return problem === undefined ? [] : [{ selector, member: itself, text }];
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

function cannotBe(method: DescMethod, document: PolicyDocument): Misfit[] {
  const stated = select(document.methods, method.parent.typeName, method.name);
  const policy = resolvePolicy([
    ...stated.map(([selector, values]) => ({ source: selector, values })),
    { source: "policy document: default", values: document.default },
    ...methodFacts(method),
    { source: "built-in", values: BEHAVIOR_1.defaults },
  ]);
  const { refusal } = refusalOf(method, policy);
  if (refusal === undefined) {
    return [];
  }
  const selector = stated
    .map(([each]) => each)
    .find((each) => each === policy.sources.requestIdField);
  const text = selector === undefined ? `${refusal.option}: ${refusal.rule}` : refusal.rule;
  return [{ selector, member: requestIdFieldBeside, text }];
}

function itself(place: string): string {
  return place;
}

function requestIdFieldBeside(place: string): string {
  return place.replace(/selectors\[\d+\]$/, "policy.facts.requestIdField");
}
