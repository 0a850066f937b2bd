import type { ProviderAnswer } from "@ameideio/conformance-proto";
import type { Notes } from "./notes.js";
import type { Process, Simulation } from "./simulation.js";

/** 2.13: a token a call may send. */
export interface Token {
  readonly value: string;
  readonly expiresAt: number;
  readonly generation: number;
}

interface Flight {
  readonly answer: ProviderAnswer;
  readonly finishAt: number;
  readonly background: boolean;
  readonly startedAt: number;
  abandoned: boolean;
}

interface Slot {
  token: Token | undefined;
  flight: Flight | undefined;
  quietUntil: number;
  generation: number;
}

const ADVISORY_MS = 120_000;
const MANDATORY_MS = 30_000;
const QUIET_MS = 5000;

/** What one wait for a token came to. */
export type TokenResult = Token | "failed" | "interrupted";

/** 2.13: one provider, its tokens per tenant and scopes, one request at a time for each. */
export class Provider {
  calls = 0;
  readonly #slots = new Map<string, Slot>();

  constructor(
    readonly simulation: Simulation,
    readonly notes: Notes,
  ) {}

  /**
   * Gets a token, if need be from the provider.
   *
   * @param key - Tenant and scopes.
   * @param until - When the caller gives up.
   * @param refused - Generation of a token the server refused: a newer one is wanted.
   */
  *token(
    answers: readonly ProviderAnswer[],
    key: string,
    until: number,
    refused: number | undefined,
  ): Process<TokenResult> {
    const slot = this.#slot(key);
    this.#settle(slot);
    const { now } = this.simulation;
    const { token } = slot;
    if (token !== undefined) {
      if (refused !== undefined) {
        if (token.generation > refused) return token;
      } else {
        const left = token.expiresAt - now;
        if (left === MANDATORY_MS || left === ADVISORY_MS) this.notes.tie("token at its margin");
        if (left > MANDATORY_MS) {
          const due = left <= ADVISORY_MS && slot.flight === undefined;
          if (due && now === slot.quietUntil) this.notes.tie("end of the quiet time");
          if (due && now >= slot.quietUntil) this.#start(slot, answers, true);
          return token;
        }
      }
    }
    const joined = slot.flight;
    // Whether it is over already for the second of two at the same time shows if it has to go again.
    if (joined?.finishAt === now && !keeps(joined.answer)) this.notes.tie("a token joined at once");
    const flight = joined ?? this.#start(slot, answers, false);
    if (flight.abandoned) this.notes.undecided("lateJoin");
    if (flight.finishAt === until) this.notes.tie("token and deadline");
    const resumeAt = Math.min(flight.finishAt, until);
    if (resumeAt === Infinity) {
      this.notes.invalid("a token request without end");
      return "failed";
    }
    // Also where it is at once: others that want it at the same time join.
    yield resumeAt;
    if (flight.finishAt > this.simulation.now) {
      flight.abandoned = true;
      return "interrupted";
    }
    if (slot.flight === flight) this.#finish(slot, flight);
    if (flight.answer.fail) return "failed";
    return slot.token as Token;
  }

  #slot(key: string): Slot {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { token: undefined, flight: undefined, quietUntil: 0, generation: 0 };
      this.#slots.set(key, slot);
    }
    return slot;
  }

  #start(slot: Slot, answers: readonly ProviderAnswer[], background: boolean): Flight {
    const answer = answers[Math.min(this.calls++, answers.length - 1)] as ProviderAnswer;
    if (answer.token === "") this.notes.invalid("an empty token");
    const startedAt = this.simulation.now;
    const finishAt = answer.stall ? Infinity : startedAt + Number(answer.delayMs);
    slot.flight = { answer, finishAt, background, startedAt, abandoned: false };
    return slot.flight;
  }

  #settle(slot: Slot): void {
    const { flight } = slot;
    const { now } = this.simulation;
    if (flight === undefined || flight.finishAt > now) return;
    if (flight.finishAt === now) {
      if (flight.background) this.notes.tie("background refresh");
      if (flight.startedAt === now) return;
    }
    this.#finish(slot, flight);
  }

  #finish(slot: Slot, flight: Flight): void {
    slot.flight = undefined;
    const { answer, finishAt } = flight;
    if (answer.fail) {
      if (flight.background) slot.quietUntil = finishAt + QUIET_MS;
      return;
    }
    const expiresAt =
      answer.expiresInMs === undefined ? Infinity : finishAt + Number(answer.expiresInMs);
    slot.token = { value: answer.token, expiresAt, generation: ++slot.generation };
  }
}

function keeps({ fail, expiresInMs }: ProviderAnswer): boolean {
  return !fail && (expiresInMs === undefined || expiresInMs > BigInt(ADVISORY_MS));
}
