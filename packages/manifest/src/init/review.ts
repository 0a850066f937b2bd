import type { DescService } from "@bufbuild/protobuf";
import { UserError } from "../user_error.js";
import { type Level, LEVELS, suggestionFor } from "./suggest.js";

/** Name of the schema of a review. */
const SCHEMA = "ameide.review.v1";

/** What a person is to decide of one method. No SDK reads it. */
export interface ReviewedMethod {
  /** Its full name: `acme.v1.Billing/Charge`. */
  readonly method: string;
  /** Null where there is none to state. */
  readonly idempotencyLevel: Level | null;
  /** Why that is suggested. */
  readonly reason: string;
  readonly confirmed: boolean;
  /** Why there is nothing to decide any more, while the policy document states its level. */
  readonly gone?: string;
}

/** What `init` writes for a person to look at, and reads again. */
export interface Review {
  /** Name of each service in the roster, by full names. */
  readonly names: ReadonlyMap<string, string>;
  readonly methods: readonly ReviewedMethod[];
}

/** What was decided before. */
export interface Decided {
  /** The review as it is, edited by a person. */
  readonly earlier: readonly ReviewedMethod[];
  /** Methods whose level the policy document states: {@link statedMethods}. */
  readonly stated: ReadonlySet<string>;
  /** Whether what is not confirmed is suggested anew. */
  readonly anew: boolean;
}

/**
 * Lists the methods whose protos declare no idempotency level, each with a suggestion. An entry that is
 * there stays, but for one that is not confirmed, where there is another reason now. Those of other
 * methods follow, marked as gone, while the policy document states their levels.
 */
export function reviewOf(
  services: readonly DescService[],
  { earlier, stated, anew }: Decided,
): ReviewedMethod[] {
  const reviewed = listed(services, { earlier, anew });
  const names = new Set(reviewed.map(({ method }) => method));
  const declared = new Set(
    services.flatMap(({ typeName, methods }) => methods.map(({ name }) => `${typeName}/${name}`)),
  );
  const inServices = new Set(services.map(({ typeName }) => typeName));
  const before = new Map(earlier.map((each) => [each.method, each]));
  const gone = [...stated]
    .filter((method) => !names.has(method))
    .flatMap((method): ReviewedMethod[] => {
      const why = declared.has(method) ? "its proto declares a level" : "no proto has it";
      const was = before.get(method);
      if (was !== undefined) {
        return [{ ...was, gone: why }];
      }
      // Of a review that is lost. What is of services elsewhere, or declared, a person may have written.
      const isLost = !declared.has(method) && inServices.has(method.split("/")[0] ?? "");
      const lost = { method, idempotencyLevel: null, reason: "", confirmed: false, gone: why };
      return isLost ? [lost] : [];
    });
  return [...reviewed, ...gone];
}

function listed(
  services: readonly DescService[],
  { earlier, anew }: Pick<Decided, "earlier" | "anew">,
): ReviewedMethod[] {
  const before = new Map(
    earlier.map((each) => {
      const { gone: _, ...was } = each;
      return [was.method, was];
    }),
  );
  return services.flatMap((service) =>
    service.methods.flatMap((method): ReviewedMethod[] => {
      const suggestion = suggestionFor(method);
      if (suggestion === undefined) {
        return [];
      }
      const name = `${service.typeName}/${method.name}`;
      const { level, reason } = suggestion;
      const was = before.get(name);
      const stays = was?.confirmed === true || (!anew && was?.reason === reason);
      return [
        was !== undefined && stays
          ? was
          : { method: name, idempotencyLevel: level, reason, confirmed: false },
      ];
    }),
  );
}

/** Returns the text of a review. */
export function showReview({ names, methods }: Review): string {
  const json = { schema: SCHEMA, names: Object.fromEntries(names), methods };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/**
 * Reads a review that a person has edited.
 *
 * @param name - What an error calls it.
 * @throws UserError that names what is wrong, and where.
 */
export function readReview(text: string, name: string): Review {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (reason) {
    throw new UserError(`${name} is no JSON: ${reason instanceof Error ? reason.message : ""}`);
  }
  const { schema, names, methods } = Object(json) as Readonly<Record<string, unknown>>;
  if (schema !== SCHEMA || !Array.isArray(methods)) {
    throw new UserError(`${name} is no review: its schema is not ${SCHEMA}, or it has no methods`);
  }
  const read = methods.map((each, i) => readMethod(each, `${name}: methods[${i}]`));
  const twice = read.find((each, i) => read.findIndex((e) => e.method === each.method) !== i);
  if (twice !== undefined) {
    throw new UserError(`${name}: ${twice.method} is there twice`);
  }
  const named = Object.entries(Object(names) as Readonly<Record<string, unknown>>);
  return { names: new Map(named.map(([service, each]) => [service, String(each)])), methods: read };
}

function readMethod(value: unknown, place: string): ReviewedMethod {
  const { method, idempotencyLevel, reason, confirmed, gone } = (value ?? {}) as Record<
    string,
    unknown
  >;
  if (typeof method !== "string" || !/^[\w.]+\/\w+$/.test(method)) {
    throw new UserError(`${place}.method is no full name of a method, like acme.v1.Billing/Charge`);
  }
  const level = LEVELS.find((each) => each === idempotencyLevel) ?? null;
  if (level === null && idempotencyLevel !== null) {
    throw new UserError(`${place}.idempotencyLevel is none of ${LEVELS.join(", ")}, nor null`);
  }
  if (typeof confirmed !== "boolean") {
    throw new UserError(`${place}.confirmed is neither true nor false`);
  }
  return {
    method,
    idempotencyLevel: level,
    reason: typeof reason === "string" ? reason : "",
    confirmed,
    ...(typeof gone === "string" ? { gone } : {}),
  };
}
