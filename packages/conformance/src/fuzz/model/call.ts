import type { Call, Script } from "@ameideio/conformance-proto";
import { attemptTimedOut, type Failure, NO_TOKEN, react, read, type Reaction } from "./answers.js";
import type { Provider, Token } from "./credentials.js";
import { errorOf, isListed, refusedCall } from "./errors.js";
import type { Notes } from "./notes.js";
import type { Policy } from "./policy.js";
import type { PredictedAttempt, PredictedOutcome, PredictedRequest } from "./prediction.js";
import { requestOf } from "./request.js";
import { type Costs, endsTooLate, judge, type Judgement } from "./retry.js";
import type { Draws, Process, Simulation, Tokens } from "./simulation.js";

/** What all calls of a case share. */
export interface World {
  readonly simulation: Simulation;
  readonly notes: Notes;
  readonly script: Script;
  readonly draws: Draws;
  readonly tokens: Tokens;
  readonly costs: Costs;
  readonly provider: Provider;
  readonly wallClockMs: number;
  readonly readMaxBytes: number;
  readonly interceptors: readonly string[];
  readonly requests: PredictedRequest[];
  readonly sleeps: number[];
  sleepsKnown: boolean;
}

/** One call, from its entry to its end. */
export class CallRun {
  readonly #world: World;
  readonly #call: Call;
  readonly #policy: Policy;
  readonly #number: number;
  readonly #sideBySide: boolean;
  readonly #startedAt: number;
  readonly #deadlineAt: number;
  readonly #canceledAt: number;
  readonly #failures: PredictedAttempt[] = [];
  #attempts = 1;
  #transparentUsed = false;
  #replayed = false;
  #exponent = 0;
  #paid: number | undefined;
  #refused: Token | undefined;
  #sent: Token | undefined;

  constructor(
    world: World,
    call: Call,
    policy: Policy,
    options: { number: number; cancels: boolean; sideBySide: boolean },
  ) {
    this.#world = world;
    this.#call = call;
    this.#policy = policy;
    this.#number = options.number;
    this.#sideBySide = options.sideBySide;
    this.#startedAt = world.simulation.now;
    this.#deadlineAt = this.#startedAt + policy.timeoutMs;
    const after = options.cancels ? call.cancel?.afterMs : undefined;
    this.#canceledAt = after === undefined ? Infinity : this.#startedAt + Number(after);
    if (this.#canceledAt === this.#deadlineAt && after !== undefined) world.notes.tie("cancel");
  }

  *run(): Process<PredictedOutcome> {
    const { simulation, notes } = this.#world;
    const interruptAt = Math.min(this.#deadlineAt, this.#canceledAt);
    for (;;) {
      if (this.#remaining() < 1) return this.#interrupted(true);
      const asked = simulation.now;
      const token = yield* this.#token(interruptAt);
      if (token === "interrupted") return this.#interrupted(true);
      if (token === "failed") return this.#failed(NO_TOKEN, undefined);
      if (this.#remaining() < 1) return this.#interrupted(true);

      const sentAt = simulation.now;
      const limitMs = this.#attemptLimit();
      const cutAt = sentAt + limitMs;
      const { reaction, headAt, arrivesAt } = this.#send(Math.min(this.#remaining(), limitMs));
      const endsAt = Math.min(arrivesAt, cutAt, interruptAt);
      if (endsAt === Infinity) {
        notes.invalid("a call without end");
        return this.#interrupted(true);
      }
      if (arrivesAt === Math.min(cutAt, interruptAt)) notes.tie("answer and timer");
      if (this.#sideBySide && arrivesAt === sentAt)
        notes.tie("calls side by side, answered at once");
      if (cutAt === this.#canceledAt && cutAt === endsAt) notes.tie("attempt timeout and cancel");
      // Also where it is at once: what goes on at the same time comes first.
      yield endsAt;

      if (endsAt === interruptAt) return this.#interrupted(true);
      const waited = sentAt > asked;
      const durationMs = waited ? undefined : endsAt - sentAt;
      if (endsAt < arrivesAt) {
        if (headAt === cutAt) notes.tie("head and attempt timeout");
        const heard = reaction.kind === "silence" && headAt < cutAt ? reaction.heard : {};
        const next = yield* this.#after(attemptTimedOut(heard), durationMs, interruptAt);
        if (next !== undefined) return next;
        continue;
      }
      const result = read(reaction, this.#policy.tenant);
      if (typeof result === "string") return this.#succeeded(result);
      const next = yield* this.#after(result, durationMs, interruptAt);
      if (next !== undefined) return next;
    }
  }

  #remaining(): number {
    return this.#deadlineAt - this.#world.simulation.now;
  }

  *#token(until: number): Process<Token | "failed" | "interrupted" | undefined> {
    const { credential, tenant, scopes } = this.#policy;
    if (credential.kind !== "provider") return undefined;
    const key = `${tenant ?? ""} ${scopes}`;
    const { provider } = this.#world;
    const refused = this.#refused?.generation;
    this.#refused = undefined;
    const result = yield* provider.token(credential.answers, key, until, refused);
    if (typeof result !== "string") this.#sent = result;
    return result;
  }

  // 2.9: only while another attempt is permitted and left.
  #attemptLimit(): number {
    const { retryOff, maxAttempts, repeatable, attemptTimeoutMs } = this.#policy;
    const { tokens, costs } = this.#world;
    const another =
      !retryOff && repeatable && this.#attempts < maxAttempts && tokens.left >= costs.cost;
    return another ? attemptTimeoutMs : Infinity;
  }

  #send(timeoutMs: number): { reaction: Reaction; headAt: number; arrivesAt: number } {
    const { requests, script, simulation, notes, readMaxBytes, interceptors } = this.#world;
    const answer = script.answers[requests.length] ?? script.otherwise;
    requests.push(
      requestOf(this.#call, this.#policy, {
        number: this.#number,
        atMs: simulation.now,
        timeoutMs,
        attempts: this.#attempts,
        token: this.#sent?.value,
        interceptors,
      }),
    );
    if (answer === undefined) {
      notes.invalid("the script ran out");
      const { now } = simulation;
      return { reaction: { kind: "silence", heard: {} }, headAt: now, arrivesAt: now };
    }
    const reaction = react(answer, readMaxBytes, notes);
    const headAt = simulation.now + Number(answer.delayMs);
    return { reaction, headAt, arrivesAt: reaction.kind === "silence" ? Infinity : headAt };
  }

  // Ends the call, or gets it to its next attempt.
  *#after(
    failure: Failure,
    durationMs: number | undefined,
    interruptAt: number,
  ): Process<PredictedOutcome | undefined> {
    const { simulation, notes, sleeps, tokens } = this.#world;
    if (this.#mayReplay(failure)) {
      this.#replayed = true;
      this.#refused = this.#sent;
      this.#attempts++;
      this.#list(failure.code, { class: "NEVER", durationMs, delayMs: 0, transparent: false });
      return undefined;
    }
    const judgement = this.#judge(failure);
    const { decision, class: retryClass } = judgement;
    if (decision.kind === "stop") return this.#failed(failure, durationMs, judgement);
    if (decision.kind === "transparent") {
      this.#transparentUsed = true;
      this.#list(failure.code, { class: retryClass, durationMs, delayMs: 0, transparent: true });
      return undefined;
    }
    const { delayMs, cost, pushback } = decision;
    tokens.spend(cost);
    this.#paid = cost;
    this.#attempts++;
    this.#exponent = pushback ? 0 : this.#exponent + 1;
    const wakesAt = simulation.now + delayMs;
    if (this.#sideBySide && delayMs === 0) notes.tie("calls side by side, retried at once");
    if (wakesAt === interruptAt) notes.tie("end of a wait");
    if (wakesAt > interruptAt) {
      this.#world.sleepsKnown = false;
      this.#list(failure.code, {
        class: retryClass,
        durationMs,
        delayMs: undefined,
        transparent: false,
      });
      yield interruptAt;
      return this.#interrupted(false);
    }
    this.#list(failure.code, { class: retryClass, durationMs, delayMs, transparent: false });
    sleeps.push(delayMs);
    if (delayMs > 0) yield wakesAt;
    return undefined;
  }

  // 2.13: once per call, if an attempt is left, whatever the idempotency level.
  #mayReplay({ code, origin }: Failure): boolean {
    const { credential, retryOff, maxAttempts } = this.#policy;
    if (code !== "unauthenticated" || origin !== "server" || this.#replayed) return false;
    if (retryOff || this.#attempts >= maxAttempts) return false;
    if (credential.kind !== "provider") return false;
    if (endsTooLate(0, this.#remaining())) this.#world.notes.undecided("lateReplay");
    return true;
  }

  #judge(failure: Failure): Judgement {
    const { costs, tokens, draws, wallClockMs, simulation } = this.#world;
    return judge(failure, {
      policy: this.#policy,
      costs,
      tokens,
      draws,
      attempts: this.#attempts,
      transparentUsed: this.#transparentUsed,
      exponent: this.#exponent,
      remainingMs: this.#remaining(),
      wallMs: wallClockMs + simulation.now,
    });
  }

  #list(code: string, attempt: Omit<PredictedAttempt, "code">): void {
    this.#failures.push({ code, ...attempt });
  }

  // 2.6: what ends well gives back.
  #succeeded(text: string): PredictedOutcome {
    this.#world.tokens.giveBack(this.#paid ?? 1);
    return { ok: text, error: null, durationMs: this.#duration() };
  }

  #failed(
    failure: Failure,
    durationMs: number | undefined,
    judgement: Judgement = this.#judge(failure),
  ): PredictedOutcome {
    if (isListed(failure)) {
      const { class: retryClass } = judgement;
      this.#list(failure.code, { class: retryClass, durationMs, delayMs: 0, transparent: false });
    }
    const error = errorOf(failure, judgement, this.#failures);
    return { ok: null, error, durationMs: this.#duration() };
  }

  // The caller, or the overall deadline.
  #interrupted(inAttempt: boolean): PredictedOutcome {
    const canceled = this.#canceledAt <= this.#world.simulation.now;
    const byTimeout = !canceled || (this.#call.cancel?.asTimeout ?? false);
    const error = refusedCall(byTimeout ? "deadline" : "canceled", this.#failures, inAttempt);
    return { ok: null, error, durationMs: this.#duration() };
  }

  #duration(): number {
    return this.#world.simulation.now - this.#startedAt;
  }
}
