import { UserError } from "../user_error.js";
import type { ReviewedMethod } from "./review.js";

interface Entry {
  selectors?: string[];
  policy?: { facts?: { idempotencyLevel?: string } };
}

/**
 * Lays the confirmed levels of a review over a policy document: an entry for each method by itself.
 * Whatever else the document says stays, and a level that is confirmed no longer goes.
 *
 * @param text - The document as JSON; undefined for none.
 * @param name - What an error calls it.
 * @throws UserError if the document is no JSON object.
 */
export function overlayOf(
  methods: readonly ReviewedMethod[],
  text: string | undefined,
  name: string,
): string {
  const document = readDocument(text ?? "{}", name);
  const reviewed = new Map(methods.map((each) => [each.method, each]));
  const entries: Entry[] = (document.methods ?? []).filter((entry) => {
    const [selector, ...others] = entry.selectors ?? [];
    const ours = others.length === 0 && selector !== undefined && reviewed.has(selector);
    return !(ours && isLevelAlone(entry));
  });
  for (const { method, idempotencyLevel, confirmed } of methods) {
    if (confirmed && idempotencyLevel !== null) {
      entries.push({ selectors: [method], policy: { facts: { idempotencyLevel } } });
    }
  }
  const { methods: _, ...rest } = document;
  const whole = entries.length === 0 ? rest : { ...rest, methods: entries };
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}

// As it is written here, and so may be written anew.
function isLevelAlone({ policy, ...entry }: Entry): boolean {
  const facts = policy?.facts;
  return (
    Object.keys(entry).length === 1 &&
    Object.keys(policy ?? {}).join() === "facts" &&
    Object.keys(facts ?? {}).join() === "idempotencyLevel"
  );
}

function readDocument(text: string, name: string): { methods?: Entry[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (reason) {
    throw new UserError(`${name} is no JSON: ${reason instanceof Error ? reason.message : ""}`);
  }
  const { methods } = Object(json) as { readonly methods?: unknown };
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UserError(`${name} is no policy document: it is no JSON object`);
  }
  if (methods !== undefined && !Array.isArray(methods)) {
    throw new UserError(`${name} is no policy document: its methods are no list`);
  }
  return json;
}
