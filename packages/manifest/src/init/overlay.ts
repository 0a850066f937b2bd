import { UserError } from "../user_error.js";
import type { ReviewedMethod } from "./review.js";

interface Entry {
  selectors?: string[];
  policy?: { facts?: { idempotencyLevel?: string } };
}

/**
 * Lays the confirmed levels of a review over a policy document: an entry for each method by itself.
 * Whatever else the document says stays, and a level that is confirmed no longer goes, as does one whose
 * method is gone.
 *
 * @param text - The document as JSON; undefined for none.
 * @param name - What an error calls it.
 * @throws UserError if the document cannot be read, or another of its entries for a method, which
 *   comes first and so wins, states another level than the review.
 */
export function overlayOf(
  methods: readonly ReviewedMethod[],
  text: string | undefined,
  name: string,
): string {
  const document = readDocument(text ?? "{}", name);
  const reviewed = new Map(methods.map((each) => [each.method, each]));
  const entries: Entry[] = (document.methods ?? []).filter((entry) => {
    const stated = statedIn(entry);
    return stated === undefined || !reviewed.has(stated);
  });
  for (const { method, idempotencyLevel, confirmed, gone } of methods) {
    if (confirmed && gone === undefined && idempotencyLevel !== null) {
      refuseContradiction(entries, method, idempotencyLevel, name);
      entries.push({ selectors: [method], policy: { facts: { idempotencyLevel } } });
    }
  }
  const { methods: _, ...rest } = document;
  const whole = entries.length === 0 ? rest : { ...rest, methods: entries };
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}

/**
 * Lists the methods whose levels a policy document states as {@link overlayOf} does.
 *
 * @param text - The document as JSON; undefined for none.
 * @param name - What an error calls it.
 * @throws UserError if the document is no JSON object.
 */
export function statedMethods(text: string | undefined, name: string): Set<string> {
  const { methods = [] } = readDocument(text ?? "{}", name);
  return new Set(methods.map(statedIn).filter((method) => method !== undefined));
}

function refuseContradiction(
  entries: readonly Entry[],
  method: string,
  level: string,
  name: string,
): void {
  for (const { policy, selectors = [] } of entries) {
    const stated = policy?.facts?.idempotencyLevel;
    if (stated !== undefined && stated !== level && selectors.includes(method)) {
      throw new UserError(
        `${name} has an entry of yours for ${method} that states ${stated}, and the review confirms ${level}: change one of them`,
      );
    }
  }
}

// The method of an entry as it is written here, which so may be written anew.
function statedIn({ policy, ...entry }: Entry): string | undefined {
  const [selector, ...others] = entry.selectors ?? [];
  const isLevelAlone =
    others.length === 0 &&
    Object.keys(entry).length === 1 &&
    Object.keys(policy ?? {}).join() === "facts" &&
    Object.keys(policy?.facts ?? {}).join() === "idempotencyLevel";
  return isLevelAlone ? selector : undefined;
}

// Written again, it would be another number.
function refuseInexact(key: string, value: unknown): unknown {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new Error(`${key} has more digits than a number keeps; write it as a text`);
  }
  return value;
}

function readDocument(text: string, name: string): { methods?: Entry[] } {
  let json: unknown;
  try {
    json = JSON.parse(text, refuseInexact);
  } catch (reason) {
    throw new UserError(`${name} cannot be read: ${reason instanceof Error ? reason.message : ""}`);
  }
  const { methods } = Object(json) as { readonly methods?: unknown };
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UserError(`${name} is no policy document: it is no JSON object`);
  }
  if (methods !== undefined && !Array.isArray(methods)) {
    throw new UserError(`${name} is no policy document: its methods are no list`);
  }
  (methods ?? []).forEach((entry, index) => {
    const { selectors = [] } = Object(entry) as { readonly selectors?: unknown };
    if (typeof entry !== "object" || entry === null || !isTexts(selectors)) {
      throw new UserError(
        `${name} is no policy document: methods[${index}] is no entry with a list of selectors`,
      );
    }
  });
  return json;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
