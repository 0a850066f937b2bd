import type { DescService } from "@bufbuild/protobuf";
import { nearestOf } from "../errors/did_you_mean.js";

/** Selectors of one `methods` option, or of one document. */
export interface StatedSelectors {
  /** Object that they stand in. */
  readonly owner: object;
  /** Name of that object for error messages: `methods`, `policy document`. */
  readonly where: string;
  readonly selectors: Iterable<string>;
}

// Clients may be derived for every request from the same options.
const known = new WeakMap<object, Map<DescService, readonly string[]>>();

/**
 * Finds misspelt selectors, as seen from a service that is called: a method the service does not
 * have, or an unknown service whose name is near to its own.
 *
 * @returns A line for each.
 */
export function misspelt(service: DescService, stated: StatedSelectors): readonly string[] {
  const { owner, where, selectors } = stated;
  const byService = known.get(owner) ?? new Map<DescService, readonly string[]>();
  known.set(owner, byService);
  let problems = byService.get(service);
  if (problems === undefined) {
    problems = [...selectors].flatMap((selector) => {
      const problem = problemOf(service, selector);
      return problem === undefined
        ? []
        : [`${where}: the selector ${selector} selects nothing: ${problem}`];
    });
    byService.set(service, problems);
  }
  return problems;
}

function problemOf(service: DescService, selector: string): string | undefined {
  const [name = "", method] = selector.split("/");
  if (name === service.typeName) {
    return method === undefined ? undefined : noMethod(service, method);
  }
  const { file, typeName } = service;
  const bare = service.methods.find(
    (each) => each.name === selector || each.localName === selector,
  );
  if (bare !== undefined) {
    return `it names no service; did you mean ${typeName}/${bare.name}?`;
  }
  if (file.services.some((each) => each.typeName === name)) {
    return undefined;
  }
  // Another version of a service is not a misspelling.
  const sameButDigits = withoutDigits(name) === withoutDigits(typeName);
  const meant = typeName.endsWith(`.${name}`) || (!sameButDigits && nearestOf(name, [typeName]));
  return meant ? `${file.proto.name} has no service ${name}; did you mean ${typeName}?` : undefined;
}

/** Says what is wrong with a method name of a service; undefined if nothing is. */
export function noMethod(service: DescService, name: string): string | undefined {
  const names = service.methods.map((each) => each.name);
  if (names.includes(name)) {
    return undefined;
  }
  const near = nearestOf(name, names);
  return `${service.typeName} has no method ${name}${near ? `; did you mean ${near}?` : ""}`;
}

function withoutDigits(name: string): string {
  return name.replaceAll(/\d/g, "");
}
