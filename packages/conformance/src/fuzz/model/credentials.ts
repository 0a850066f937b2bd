import type { ProviderAnswer } from "@ameideio/conformance-proto";
import { builtIn } from "./built_in.js";
import type { Notes } from "./notes.js";
import type { Draws, Process, Simulation, Waiting } from "./simulation.js";

/** §9.2: token that a call may send. */
export interface Token {
  readonly value: string;
  readonly generation: number;
}

interface KeptToken extends Token {
  readonly cameAt: number;
  readonly cameWall: number;
  /** All three since it came. */
  readonly renewFrom: number;
  readonly waitFrom: number;
  readonly life: number;
  readonly afterRefusal: boolean;
}

interface Flight {
  readonly number: number;
  readonly answer: ProviderAnswer;
  readonly startedAt: number;
  readonly finishAt: number;
  readonly background: boolean;
  readonly afterRefusal: boolean;
  outcome: "token" | Failed | undefined;
}

interface Slot {
  token: KeptToken | undefined;
  /** Generation of the newest token that is not used again if another can be had. */
  refused: number;
  failure: { readonly as: Failed; readonly at: number } | undefined;
  /** Newest flight, until it has ended. */
  flight: Flight | undefined;
  /** All flights that have not ended, oldest first. */
  flights: Flight[];
  readonly waiting: Set<Waiting>;
  /** True if its token had expired when the wall clock jumped: it may have been dropped by then. */
  wasOver: boolean;
}

/** Reasons for having no token: the provider failed, or its answer is not a token. */
export type Failed = "failed" | "nonsense";

/** Result of one wait for a token. */
export type TokenResult = Token | Failed | "interrupted";

/** Request of a call for a token. */
export interface Wish {
  /** Tenant and scopes. */
  readonly key: string;
  /** End of the call's time. */
  readonly deadlineAt: number;
  /** The same, or the time at which its caller gives up. */
  readonly until: number;
  /** Generation of a token that the server refused: a newer one is wanted. */
  readonly refused: number | undefined;
}

const ADVISORY = {
  ms: builtIn("advisory_refresh_ms"),
  share: builtIn("advisory_life_share"),
  jitter: builtIn("advisory_jitter"),
};
const MANDATORY = { ms: builtIn("mandatory_refresh_ms"), share: builtIn("mandatory_life_share") };
const LEAST_USE_MS = builtIn("min_token_use_ms");
const LEAST_EXPIRY_MS = builtIn("min_expiry_ms");
const QUIET_MS = builtIn("failed_refresh_wait_ms");
const PAUSE_MS = builtIn("provider_pause_ms");
const JOIN = { ms: builtIn("token_join_ms"), share: builtIn("token_join_share") };
const LONGEST_WAIT_MS = builtIn("token_timeout_ms");
const MOST_AT_ONCE = builtIn("max_token_requests");

/** §9.6: one provider and its tokens per tenant and scopes. */
export class Provider {
  calls = 0;
  private readonly slots = new Map<string, Slot>();

  constructor(
    readonly simulation: Simulation,
    readonly notes: Notes,
    readonly draws: Draws,
    readonly wallClockMs: number,
  ) {}

  /** Takes what has arrived by now, before the wall clock jumps. */
  settle(): void {
    for (const slot of this.slots.values()) {
      this.settleSlot(slot, false);
      const { token } = slot;
      slot.wasOver = token !== undefined && this.age(token) >= token.life;
    }
  }

  /** Reports whether a refused token may be followed by another. */
  mayRenew(key: string, refused: number): boolean {
    const slot = this.slot(key);
    this.settleSlot(slot, false);
    const { token, flight } = slot;
    if (this.usable(slot, refused) !== undefined || flight !== undefined) {
      return true;
    }
    const age = token?.afterRefusal === true ? this.age(token) : Infinity;
    if (age === PAUSE_MS) {
      this.notes.tie("end of the pause after a refusal");
    }
    return age >= PAUSE_MS && !this.isPaused(slot);
  }

  /** The server refused a token, and the call that was sent with it ends. */
  refuse(key: string, generation: number): void {
    const slot = this.slot(key);
    slot.refused = Math.max(slot.refused, generation);
  }

  /** Returns a token, from the provider if need be. */
  *token(answers: readonly ProviderAnswer[], wish: Wish): Process<TokenResult> {
    const { notes } = this;
    const { key, refused } = wish;
    const slot = this.slot(key);
    this.settleSlot(slot, false);
    const { token } = slot;
    if (refused !== undefined) {
      const newer = this.usable(slot, refused);
      if (newer !== undefined) {
        return newer;
      }
    } else if (token !== undefined) {
      if (token.generation <= slot.refused && this.mayRenew(key, token.generation)) {
        return yield* this.wait(slot, answers, { ...wish, refused: token.generation });
      }
      const age = this.age(token);
      if (slot.wasOver && age < token.life) {
        notes.tie("a token that had expired, and is young again");
      }
      if ([token.renewFrom, token.waitFrom].includes(age)) {
        notes.tie("token at its margin");
      }
      if (age < token.waitFrom) {
        if (age >= token.renewFrom) {
          this.renewAhead(slot, answers);
        }
        return token;
      }
    }
    return yield* this.wait(slot, answers, wish);
  }

  private *wait(slot: Slot, answers: readonly ProviderAnswer[], wish: Wish): Process<TokenResult> {
    const { simulation, notes } = this;
    const { until, deadlineAt, refused = 0 } = wish;
    const began = simulation.now;
    const patientUntil = began + Math.min(JOIN.ms, Math.floor((deadlineAt - began) * JOIN.share));
    // Nothing waits for an event after the end of the call.
    const early = (at: number): number => (at < deadlineAt ? at : Infinity);
    const giveUpAt = early(began + LONGEST_WAIT_MS);
    const before = Math.max(refused, slot.token?.generation ?? 0);
    let own: Flight | undefined;
    let flight: Flight | undefined;
    const me = simulation.current;
    slot.waiting.add(me);
    try {
      for (;;) {
        const { now } = simulation;
        if ((slot.token?.generation ?? 0) > before) {
          return slot.token as Token;
        }
        if (flight?.outcome === "failed" || flight?.outcome === "nonsense") {
          return this.usable(slot, refused) ?? flight.outcome;
        }
        if (now >= giveUpAt) {
          slot.failure = { as: "failed", at: now };
          if (own !== undefined && slot.flight === own) {
            slot.flight = undefined;
          }
          return this.usable(slot, refused) ?? "failed";
        }
        if (own === undefined && !isJoined(flight, now, patientUntil)) {
          flight = isJoined(slot.flight, now, patientUntil) ? slot.flight : undefined;
          if (flight?.finishAt === now && began === now && !keeps(flight.answer)) {
            notes.tie("a token joined at once");
          }
          if (flight === undefined) {
            if (slot.failure !== undefined && this.isPaused(slot)) {
              return this.usable(slot, refused) ?? slot.failure.as;
            }
            if (this.mayAsk()) {
              flight = own = this.start(slot, answers, false, refused > 0);
              for (const waiting of slot.waiting) {
                if (waiting !== me) {
                  simulation.wake(waiting);
                }
              }
            } else if (this.all().some(isSlow)) {
              // The millisecond at which a place is looked for again is not specified.
              notes.tie("the place of a slow request");
            }
          }
        }
        const events = [
          until,
          giveUpAt,
          own !== undefined
            ? Infinity
            : early(flight === undefined ? now + PAUSE_MS : joinedUntil(flight, patientUntil)),
          ...(flight === undefined ? this.all() : slot.flights).map(({ finishAt }) => finishAt),
        ];
        const next = Math.min(...events);
        if (next === Infinity) {
          notes.invalid("a token request without end");
          return "failed";
        }
        const atOnce = events.filter((at) => at === next).length;
        if (flight !== undefined && atOnce > 1) {
          notes.tie("what ends a wait for a token");
        }
        yield next;
        if (simulation.now >= until) {
          return "interrupted";
        }
        for (const each of this.slots.values()) {
          this.settleSlot(each, true);
        }
      }
    } finally {
      slot.waiting.delete(me);
    }
  }

  private renewAhead(slot: Slot, answers: readonly ProviderAnswer[]): void {
    const { now } = this.simulation;
    const { failure, flight } = slot;
    if (flight !== undefined && now < flight.startedAt + LONGEST_WAIT_MS) {
      return;
    }
    if (failure !== undefined && now === failure.at + QUIET_MS) {
      this.notes.tie("end of the quiet time");
    }
    if (failure !== undefined && now < failure.at + QUIET_MS) {
      return;
    }
    if (this.mayAsk()) {
      this.start(slot, answers, true, false);
    }
  }

  private isPaused({ failure }: Slot): boolean {
    if (failure === undefined) {
      return false;
    }
    const ends = failure.at + PAUSE_MS;
    if (ends === this.simulation.now) {
      this.notes.tie("end of the provider's pause");
    }
    return this.simulation.now < ends;
  }

  private usable({ token }: Slot, refused: number): Token | undefined {
    if (token === undefined || token.generation <= refused) {
      return undefined;
    }
    return this.age(token) < token.life ? token : undefined;
  }

  // Age by the faster of both clocks.
  private age({ cameAt, cameWall }: KeptToken): number {
    const { now, wallShift } = this.simulation;
    return Math.max(now - cameAt, now + wallShift - cameWall);
  }

  private all(): readonly Flight[] {
    return [...this.slots.values()].flatMap(({ flights }) => flights);
  }

  private mayAsk(): boolean {
    const { now } = this.simulation;
    const open = this.all().filter(
      ({ startedAt, finishAt, outcome }) =>
        outcome === undefined && startedAt > now - JOIN.ms && finishAt >= now,
    );
    return open.length < MOST_AT_ONCE;
  }

  private slot(key: string): Slot {
    let slot = this.slots.get(key);
    if (slot === undefined) {
      slot = {
        token: undefined,
        refused: 0,
        failure: undefined,
        flight: undefined,
        flights: [],
        waiting: new Set(),
        wasOver: false,
      };
      this.slots.set(key, slot);
    }
    return slot;
  }

  private start(
    slot: Slot,
    answers: readonly ProviderAnswer[],
    background: boolean,
    afterRefusal: boolean,
  ): Flight {
    const answer = answers[Math.min(this.calls++, answers.length - 1)] as ProviderAnswer;
    if (answer.token === "" && !answer.fail && !answer.untilDeadline) {
      this.notes.invalid("an empty token");
    }
    const startedAt = this.simulation.now;
    const afterMs = answer.untilDeadline
      ? LONGEST_WAIT_MS
      : answer.stall
        ? Infinity
        : Number(answer.delayMs);
    const finishAt = startedAt + afterMs;
    const outcome = undefined;
    const number = this.calls;
    const flight = { number, answer, startedAt, finishAt, background, afterRefusal, outcome };
    slot.flight = flight;
    slot.flights.push(flight);
    return flight;
  }

  // Takes what has arrived meanwhile. A flight that begins and ends at one time has ended only for
  // those who waited.
  private settleSlot(slot: Slot, waited: boolean): void {
    const { now } = this.simulation;
    const due = slot.flights.filter(({ finishAt }) => finishAt <= now);
    for (const flight of due.sort((a, b) => a.finishAt - b.finishAt)) {
      if (flight.finishAt === now && !waited) {
        if (flight.background) {
          this.notes.tie("background refresh");
        }
        if (flight.startedAt === now) {
          continue;
        }
      }
      this.finish(slot, flight);
    }
  }

  private finish(slot: Slot, flight: Flight): void {
    const { answer, finishAt, number, afterRefusal } = flight;
    slot.flights = slot.flights.filter((each) => each !== flight);
    if (slot.flight === flight) {
      slot.flight = undefined;
    }
    const life = answer.fail || answer.untilDeadline ? undefined : this.lifeOf(answer, finishAt);
    flight.outcome = answer.fail || answer.untilDeadline ? "failed" : "nonsense";
    if (life === undefined) {
      slot.failure = { as: flight.outcome, at: finishAt };
      return;
    }
    flight.outcome = "token";
    if (number <= (slot.token?.generation ?? 0)) {
      return;
    }
    const spread = 1 + ADVISORY.jitter * (2 * this.draws.take() - 1);
    const from = (before: number): number => Math.max(life - before, LEAST_USE_MS);
    slot.token = {
      value: answer.token,
      generation: number,
      cameAt: finishAt,
      cameWall: finishAt + this.simulation.wallShift,
      renewFrom: from(Math.min(ADVISORY.ms, life * ADVISORY.share) * spread),
      waitFrom: from(Math.min(MANDATORY.ms, life * MANDATORY.share)),
      life,
      afterRefusal,
    };
    slot.failure = undefined;
    slot.wasOver = false;
  }

  private lifeOf({ expiresAt, expiresInMs }: ProviderAnswer, at: number): number | undefined {
    if (expiresInMs !== undefined) {
      return Number(expiresInMs);
    }
    if (expiresAt === undefined) {
      return Infinity;
    }
    if (!Number.isFinite(expiresAt) || expiresAt < LEAST_EXPIRY_MS) {
      return undefined;
    }
    return expiresAt - (this.wallClockMs + at + this.simulation.wallShift);
  }
}

function joinedUntil({ startedAt }: Flight, patientUntil: number): number {
  return Math.max(startedAt + PAUSE_MS, Math.min(startedAt + JOIN.ms, patientUntil));
}

function isSlow({ startedAt, finishAt }: Flight): boolean {
  return finishAt >= startedAt + JOIN.ms;
}

function isJoined(flight: Flight | undefined, now: number, patientUntil: number): boolean {
  return flight !== undefined && now < joinedUntil(flight, patientUntil);
}

function keeps({ fail, untilDeadline, expiresAt, expiresInMs }: ProviderAnswer): boolean {
  if (fail || untilDeadline || expiresAt !== undefined) {
    return false;
  }
  return expiresInMs === undefined || expiresInMs > BigInt(2 * LEAST_USE_MS);
}
