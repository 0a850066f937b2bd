import type { DescMethod } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { MethodOptions_IdempotencyLevel as Declared } from "@bufbuild/protobuf/wkt";

/** Levels of `ameide.policy.v1.IdempotencyLevel` that a person may confirm. */
export const LEVELS = [
  "IDEMPOTENCY_LEVEL_NO_SIDE_EFFECTS",
  "IDEMPOTENCY_LEVEL_IDEMPOTENT",
  "IDEMPOTENCY_LEVEL_UNKNOWN",
] as const;

/** An idempotency level, as a policy document has it. */
export type Level = (typeof LEVELS)[number];

/** What a method's idempotency level may be, and why. */
export interface Suggestion {
  /** Null where nothing tells one. */
  readonly level: Level | null;
  readonly reason: string;
}

/**
 * Suggests the idempotency level of a method: by `google.api.http`, whose methods RFC 9110 defines, then
 * by its name, as the AIPs use it. It is a guess, for a person to confirm.
 *
 * @returns undefined where the proto declares a level, which needs no suggestion.
 */
export function suggestionFor(method: DescMethod): Suggestion | undefined {
  if (method.idempotency !== Declared.IDEMPOTENCY_UNKNOWN) {
    return undefined;
  }
  if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") {
    return { level: null, reason: "it streams its requests, which no SDK sends again" };
  }
  const http = httpMethodOf(method);
  const byHttp = http === undefined ? undefined : BY_HTTP[http];
  if (byHttp !== undefined) {
    return { ...byHttp, reason: `google.api.http says ${http}: ${byHttp.reason}` };
  }
  const verb = VERB.exec(method.name)?.[0];
  const byName = verb === undefined ? undefined : BY_VERB[verb];
  if (verb === undefined || byName === undefined) {
    return { level: null, reason: "its name does not say what a repeat does" };
  }
  if (http === "POST" && byName.level === SAFE) {
    return { level: null, reason: `it is named ${verb}…, but google.api.http says POST` };
  }
  return { ...byName, reason: `${verb}… ${byName.reason}` };
}

const [SAFE, IDEMPOTENT] = LEVELS;

const BY_HTTP: Readonly<Record<string, Suggestion>> = {
  GET: { level: SAFE, reason: "safe (RFC 9110, section 9.2.1)" },
  PUT: { level: IDEMPOTENT, reason: "idempotent (RFC 9110, section 9.2.2)" },
  DELETE: { level: IDEMPOTENT, reason: "idempotent (RFC 9110, section 9.2.2)" },
};

const READS = (aip: number): Suggestion => ({ level: SAFE, reason: `reads (AIP-${aip})` });
const UPDATES = (aip: number): Suggestion => ({
  level: IDEMPOTENT,
  reason: `sets what is given (AIP-${aip}); not where it appends or counts`,
});
const DELETES = (aip: number): Suggestion => ({
  level: IDEMPOTENT,
  reason: `deletes (AIP-${aip}); a repeat may find nothing`,
});
const CREATES = (aip: number): Suggestion => ({
  level: null,
  reason: `creates (AIP-${aip}): a repeat may create a second one, unless it carries an idempotency key or a request id (AIP-155)`,
});

const BY_VERB: Readonly<Record<string, Suggestion>> = {
  Get: READS(131),
  List: READS(132),
  BatchGet: READS(231),
  Update: UPDATES(134),
  BatchUpdate: UPDATES(234),
  Delete: DELETES(135),
  BatchDelete: DELETES(235),
  Create: CREATES(133),
  BatchCreate: CREATES(233),
};

/** One of the verbs, before another word: `Getaway` is none. */
const VERB = new RegExp(`^(?:${Object.keys(BY_VERB).join("|")})(?=[A-Z0-9]|$)`);

/** Number of `google.api.http`, and of the fields of its `HttpRule`. */
const HTTP = 72295728;
const HTTP_METHODS: Readonly<Record<number, string>> = {
  2: "GET",
  3: "PUT",
  4: "POST",
  5: "DELETE",
  6: "PATCH",
};

function httpMethodOf({ proto }: DescMethod): string | undefined {
  const rule = proto.options?.$unknown?.findLast(({ no }) => no === HTTP);
  if (rule === undefined) {
    return undefined;
  }
  const fields = new BinaryReader(new BinaryReader(rule.data).bytes());
  let found: string | undefined;
  while (fields.pos < fields.len) {
    const [no, wireType] = fields.tag();
    found = HTTP_METHODS[no] ?? found;
    fields.skip(wireType, no);
  }
  return found;
}
