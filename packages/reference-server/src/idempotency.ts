import { clone, create, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Code } from "@connectrpc/connect";
import type { Call } from "./call.js";
import { keyReused, Problem } from "./errors.js";
import { fingerprint } from "./fingerprint.js";
import { methodFacts } from "./method_facts.js";

/** Header that carries a call's idempotency key. */
export const KEY_HEADER = "idempotency-key";

const DEFAULT_CAPACITY = 10_000;

interface Entry {
  readonly tenant: string;
  readonly fingerprint: string;
  readonly answer: Promise<Message>;
  settled: boolean;
}

/** Answer, with its origin. */
export interface Outcome {
  answer: Message;
  /** True if an earlier or concurrent call with the same key was executed instead. */
  replayed: boolean;
}

/**
 * Executes calls that carry the same key once. A key is the header
 * `idempotency-key` or the request field that AIP-155 describes, in the scope of
 * tenant, caller and method. Answers are kept, failures are not: a call that
 * failed may be repeated with its key. When the store is full, the oldest
 * answers go first.
 */
export class IdempotencyKeys {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly capacity = DEFAULT_CAPACITY) {}

  /**
   * Answers a call, by executing it or from the store.
   *
   * @throws Problem `invalid_argument` for a key that is not 1 to 255 printable
   *   ASCII, `failed_precondition` for a key that came with another request.
   */
  async run(
    call: Call,
    request: Message,
    header: string | null,
    execute: (once: boolean) => Promise<MessageInitShape<Call["method"]["output"]>>,
  ): Promise<Outcome> {
    const output = call.method.output;
    const keys = scopedKeys(call, request, header);
    if (keys.length === 0) {
      return { answer: create(output, await execute(false)), replayed: false };
    }

    const body = fingerprint(call.method.input, request);
    const known = keys.map((key) => this.entries.get(key)).filter((entry) => entry !== undefined);
    if (known.some((entry) => entry.fingerprint !== body)) {
      throw keyReused();
    }
    const [first] = known;
    if (first !== undefined) {
      for (const key of keys) {
        this.entries.set(key, first);
      }
      return { answer: await first.answer, replayed: true };
    }

    // A copy: a handler may return the live resource, which changes.
    const answer = execute(true).then((init) => clone(output, create(output, init)));
    const entry: Entry = { tenant: call.tenant, fingerprint: body, answer, settled: false };
    for (const key of keys) {
      this.entries.set(key, entry);
    }
    try {
      return { answer: await answer, replayed: false };
    } catch (error) {
      this.drop((each) => each === entry);
      throw error;
    } finally {
      entry.settled = true;
      this.evict();
    }
  }

  /** Forgets the answers to the calls of a tenant. */
  forget(tenant: string): void {
    this.drop((entry) => entry.tenant === tenant);
  }

  private drop(where: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.entries) {
      if (where(entry)) {
        this.entries.delete(key);
      }
    }
  }

  private evict(): void {
    let excess = this.entries.size - this.capacity;
    for (const [key, entry] of this.entries) {
      if (excess <= 0) {
        return;
      }
      if (!entry.settled) {
        continue;
      }
      this.entries.delete(key);
      excess -= 1;
    }
  }
}

function scopedKeys(call: Call, request: Message, header: string | null): string[] {
  const facts = methodFacts(call.method);
  // A read has no effect to repeat, and a stored answer to it would go stale.
  if (facts.readOnly) {
    return [];
  }
  if (header !== null && !/^[ -~]{1,255}$/.test(header)) {
    throw invalidKey();
  }
  const field = facts.requestIdField;
  const named = field && reflect(call.method.input, request).get(field);
  const { organizationId, tokenType, subject, userSubject } = call.caller?.claims ?? {};
  const scope = [call.tenant, organizationId, tokenType, subject, userSubject, facts.name];
  return [
    ...(header === null ? [] : [JSON.stringify([...scope, KEY_HEADER, header])]),
    ...(field && named ? [JSON.stringify([...scope, field.name, named])] : []),
  ];
}

function invalidKey(): Problem {
  return new Problem(
    Code.InvalidArgument,
    "IDEMPOTENCY_KEY_INVALID",
    `${KEY_HEADER} must be 1 to 255 printable ASCII characters`,
    { metadata: { header: KEY_HEADER } },
  );
}
