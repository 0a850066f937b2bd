import { type DescMethod, isFieldSet } from "@bufbuild/protobuf";
import { MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import { httpOf } from "./http_rule.js";

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
 * Suggests the idempotency level of a method: by `google.api.http`, whose methods RFC 9110 defines, and
 * by its name, as the AIPs use it. Where the two disagree, or the name says anything beside, none is
 * suggested. It is a guess, for a person to confirm.
 *
 * @returns undefined where the proto declares a level, be it that it is unknown: that needs no suggestion.
 * @throws UserError if `google.api.http` is malformed.
 */
export function suggestionFor(method: DescMethod): Suggestion | undefined {
  const { options } = method.proto;
  if (options !== undefined && isFieldSet(options, MethodOptionsSchema.field.idempotencyLevel)) {
    return undefined;
  }
  if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") {
    return { level: null, reason: "it streams its requests, which no SDK sends again" };
  }
  const http = httpOf(method);
  const byHttp = http === undefined ? undefined : BY_HTTP[http];
  const verb = VERB.exec(method.name)?.[0];
  const meaning = verb === undefined ? byHttp : BY_VERB[verb];
  if (meaning === undefined) {
    return { level: null, reason: "its name does not say what a repeat does" };
  }
  if (meaning.level === null) {
    return { level: null, reason: `${verb}… ${meaning.reason}` };
  }
  if (http !== undefined && !meaning.http.includes(http)) {
    return { level: null, reason: `it is named ${verb}…, but google.api.http says ${http}` };
  }
  const doubt = wordsOf(method.name.slice(verb?.length ?? 0)).find((word) =>
    meaning.doubts.has(word.toLowerCase()),
  );
  const source = byHttp === undefined ? `${verb}…` : `google.api.http says ${http}:`;
  const { reason } = byHttp ?? meaning;
  return doubt === undefined
    ? { level: meaning.level, reason: `${source} ${reason}` }
    : { level: null, reason: `${source} ${reason}, but its name says ${doubt}` };
}

const [SAFE, IDEMPOTENT] = LEVELS;

/** What a verb, or a method of HTTP, says of an RPC. */
interface Meaning extends Suggestion {
  /** What `google.api.http` may say beside. */
  readonly http: readonly string[];
  /** Words of a name, in lower case, by which a call may do more. */
  readonly doubts: ReadonlySet<string>;
}

const wordSet = (...lists: readonly string[]) => new Set(lists.join(" ").split(/\s+/));

/** Words of a second effect, and of one that each call has anew. */
const MORE = `or and then else if next one new accept ack acknowledge acquire add allocate append approve
  assign authorize bump buy cancel capture claim clear confirm consume create deactivate
  decrease decrement delete dequeue disable drain drop emit enable enqueue ensure execute expire
  fail finish flush generate increase increment init initialize insert invalidate kill lease
  lock mark merge mint nack notify pause pop provision publish purge push put redeem refresh
  reject remove rename renew replace reserve reset resend restart restore retry revoke rotate
  save send shift spend subscribe swap sync take toggle touch unlock unregister unsubscribe
  update upsert withdraw write`;
/** Words of a value that counts. */
const COUNTS = "accumulate adjust balance count counter counters credit debit delta tally";
/** Words of a choice that is another one on a repeat. */
const CHOICES =
  "any bottom earliest first head last latest least most newest oldest random tail top";

const READ_DOUBTS = wordSet(MORE);
const WRITE_DOUBTS = wordSet(MORE, COUNTS, CHOICES);

const READS = (aip: number): Meaning => ({
  level: SAFE,
  reason: `reads (AIP-${aip})`,
  http: ["GET"],
  doubts: READ_DOUBTS,
});
const UPDATES = (aip: number, http: readonly string[]): Meaning => ({
  level: IDEMPOTENT,
  reason: `sets what is given (AIP-${aip}); not where it appends or counts`,
  http,
  doubts: WRITE_DOUBTS,
});
const DELETES = (aip: number, http: readonly string[]): Meaning => ({
  level: IDEMPOTENT,
  reason: `deletes (AIP-${aip}); a repeat may find nothing`,
  http,
  doubts: WRITE_DOUBTS,
});
const CREATES = (aip: number): Meaning => ({
  level: null,
  reason: `creates (AIP-${aip}): a repeat may create a second one, unless it carries an idempotency key or a request id (AIP-155)`,
  http: [],
  doubts: new Set(),
});

const BY_VERB: Readonly<Record<string, Meaning>> = {
  Get: READS(131),
  List: READS(132),
  BatchGet: READS(231),
  Update: UPDATES(134, ["PATCH", "PUT"]),
  BatchUpdate: UPDATES(234, ["POST", "PATCH", "PUT"]),
  Delete: DELETES(135, ["DELETE"]),
  BatchDelete: DELETES(235, ["POST", "DELETE"]),
  Create: CREATES(133),
  BatchCreate: CREATES(233),
};

const BY_HTTP: Readonly<Record<string, Meaning>> = {
  GET: { ...READS(0), reason: "safe (RFC 9110, section 9.2.1)" },
  PUT: { ...UPDATES(0, ["PUT"]), reason: "idempotent (RFC 9110, section 9.2.2)" },
  DELETE: { ...DELETES(0, ["DELETE"]), reason: "idempotent (RFC 9110, section 9.2.2)" },
};

/** One of the verbs, before another word: `Getaway` is none. */
const VERB = new RegExp(`^(?:${Object.keys(BY_VERB).join("|")})(?=[A-Z0-9]|$)`);

/** The words of a name in camel or snake case. */
function wordsOf(name: string): readonly string[] {
  return name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
}
