import type { DescService } from "@bufbuild/protobuf";
import { nearestOf } from "./did_you_mean.js";

/** A selector of `methods`, or of a document. */
export interface StatedSelector {
  readonly selector: string;
  /** Where it stands, for whoever has to mend it: `methods`, `policy document`. */
  readonly where: string;
}

/**
 * The selectors that, seen from a service that is called, are misspelt: a method
 * it does not have, or a service that is not there and is named nearly as it is.
 *
 * @returns A line for each.
 */
export function misspelt(service: DescService, stated: Iterable<StatedSelector>): string[] {
  const problems: string[] = [];
  for (const { selector, where } of stated) {
    const problem = problemOf(service, selector);
    if (problem !== undefined) {
      problems.push(`${where}: the selector ${selector} selects nothing: ${problem}`);
    }
  }
  return problems;
}

function problemOf(service: DescService, selector: string): string | undefined {
  const [name = "", method] = selector.split("/");
  if (name === service.typeName) {
    return method === undefined ? undefined : noMethod(service, method);
  }
  const { file, typeName } = service;
  if (file.services.some((each) => each.typeName === name)) {
    return undefined;
  }
  // Another version of a service is no misspelt one.
  const sameButDigits = withoutDigits(name) === withoutDigits(typeName);
  const meant = typeName.endsWith(`.${name}`) || (!sameButDigits && nearestOf(name, [typeName]));
  return meant ? `${file.proto.name} has no service ${name}; did you mean ${typeName}?` : undefined;
}

/** What is wrong with the name of a method of a service; undefined for nothing. */
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
