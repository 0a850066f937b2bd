import type { Call } from "@ameideio/conformance-proto";
import { type Failure, NO_TOKEN, NONSENSE_TOKEN } from "./answers.js";
import type { Token, TokenResult } from "./credentials.js";
import { errorOf, isListed, refusedCall } from "./errors.js";
import { type Exchanged, exchangeUnary, isPlayable, type World } from "./exchange.js";
import { exchangeStream, type Progress } from "./exchange_stream.js";
import { hintOf } from "./hints.js";
import type { Policy } from "./policy.js";
import type { PredictedAttempt, PredictedOutcome } from "./prediction.js";
import { requestOf } from "./request.js";
import { endsTooLate, judge, type Judgement } from "./retry.js";
import type { Process } from "./simulation.js";

const MOST_REQUESTS = 300;

function isReadyWait({ delayMs, transparent }: Omit<PredictedAttempt, "code" | "sent">): boolean {
  return transparent && delayMs !== 0;
}

/** Returns the length of a call's text. */
export function textLength({ text, textTimes }: Call): number {
  return text.length * Math.max(1, textTimes);
}

/** One call, from its entry to its end. */
export class CallRun {
  private readonly number: number;
  private readonly sideBySide: boolean;
  private readonly startedAt: number;
  private readonly deadlineAt: number;
  private canceledAt: number;
  private readonly failures: PredictedAttempt[] = [];
  private readonly progress: Progress = {
    messages: [],
    committed: false,
    inputGone: false,
    headersAt: null,
  };
  private attempts = 1;
  private transparentUsed = false;
  private waits = 0;
  private replayed = false;
  private posts = false;
  private sentGet = false;
  private exponent = 0;
  private paid: number | undefined;
  private refused: Token | undefined;
  private sent: Token | undefined;

  constructor(
    private readonly world: World,
    private readonly call: Call,
    private readonly policy: Policy,
    options: { number: number; cancels: boolean; sideBySide: boolean },
  ) {
    this.number = options.number;
    this.sideBySide = options.sideBySide;
    this.startedAt = world.simulation.now;
    this.deadlineAt = this.startedAt + policy.timeoutMs;
    const after = options.cancels ? call.cancel?.afterMs : undefined;
    this.canceledAt = after === undefined ? Infinity : this.startedAt + Number(after);
    if (this.canceledAt === this.deadlineAt && after !== undefined) {
      world.notes.tie("cancel");
    }
  }

  *run(): Process<PredictedOutcome> {
    const { simulation } = this.world;
    const interruptAt = Math.min(this.deadlineAt, this.canceledAt);
    for (;;) {
      if (this.remaining() < 1) {
        return this.interrupted(true);
      }
      const asked = simulation.now;
      const token = yield* this.token(interruptAt);
      if (token === "interrupted") {
        return this.interrupted(true);
      }
      if (token === "failed") {
        return this.failed(NO_TOKEN, undefined);
      }
      if (token === "nonsense") {
        return this.failed(NONSENSE_TOKEN, undefined);
      }
      if (this.remaining() < 1) {
        return this.interrupted(true);
      }

      const sentAt = simulation.now;
      const result = yield* this.exchange(interruptAt);
      if (result.kind === "interrupted") {
        this.tell("attempt_failed");
        return this.interrupted(true);
      }
      if (result.kind === "ended") {
        return this.succeeded(result.text);
      }
      const durationMs = sentAt > asked ? undefined : simulation.now - sentAt;
      const next = yield* this.after(result.failure, durationMs, interruptAt);
      if (next !== undefined) {
        return next;
      }
    }
  }

  private remaining(): number {
    return this.deadlineAt - this.world.simulation.now;
  }

  private *token(until: number): Process<TokenResult | undefined> {
    const { credential, tenant, scopes } = this.policy;
    if (credential.kind !== "provider") {
      return undefined;
    }
    const refused = this.refused?.generation;
    this.refused = undefined;
    const key = `${tenant ?? ""} ${scopes}`;
    const wish = { key, until, refused, deadlineAt: this.deadlineAt };
    const result = yield* this.world.provider.token(credential.answers, wish);
    if (typeof result !== "string") {
      this.sent = result;
    }
    return result;
  }

  // §4.1: only while another attempt is permitted and left.
  private attemptLimit(): number {
    const { retryOff, maxAttempts, repeatable, attemptTimeoutMs } = this.policy;
    const { tokens, costs } = this.world;
    const another =
      !retryOff && repeatable && this.attempts < maxAttempts && tokens.left >= costs.cost;
    return another ? attemptTimeoutMs : Infinity;
  }

  // One request, and its result.
  private *exchange(interruptAt: number): Process<Exchanged> {
    const { requests, script, simulation, notes, interceptors, protocol } = this.world;
    const limitMs = this.attemptLimit();
    const answer = script.answers[requests.length] ?? script.otherwise;
    this.sentGet = this.goesByGet();
    const request = requestOf(
      this.call,
      { ...this.policy, get: this.sentGet },
      {
        number: this.number,
        atMs: simulation.now,
        timeoutMs: Math.min(this.remaining(), limitMs),
        attempts: this.attempts,
        token: this.sent?.value,
        interceptors,
        protocol,
      },
    );
    requests.push(request);
    if (answer === undefined || !isPlayable(answer)) {
      notes.invalid("no answer, or one that cannot be given");
      return { kind: "interrupted" };
    }
    if (requests.length > MOST_REQUESTS) {
      notes.invalid("a call that goes on for very long");
      return { kind: "interrupted" };
    }
    const exchange = {
      world: this.world,
      call: this.call,
      policy: this.policy,
      request,
      answer,
      cutAt: simulation.now + limitMs,
      interruptAt,
      sideBySide: this.sideBySide,
    };
    return this.policy.kind === "unary"
      ? yield* exchangeUnary(exchange)
      : yield* exchangeStream(exchange, this.progress);
  }

  // Ends the call, or leads it to its next attempt.
  private *after(
    failure: Failure,
    durationMs: number | undefined,
    interruptAt: number,
  ): Process<PredictedOutcome | undefined> {
    const { simulation, notes, sleeps, tokens } = this.world;
    if (this.mayReplay(failure)) {
      this.replayed = true;
      this.refused = this.sent;
      this.attempts++;
      this.list(failure, { class: "NEVER", durationMs, delayMs: 0, transparent: false });
      return this.tell("attempt_failed") || this.tell("waiting")
        ? this.interrupted(false)
        : undefined;
    }
    if (this.isGetTooLong(failure)) {
      if (this.sideBySide) {
        notes.tie("calls side by side, posted at once");
      }
      this.world.longestGet = textLength(this.call) - 1;
      if (!this.policy.retryOff) {
        this.posts = true;
        this.list(failure, { class: "NEVER", durationMs, delayMs: 0, transparent: true });
        return this.tell("attempt_failed") || this.tell("waiting")
          ? this.interrupted(false)
          : undefined;
      }
    }
    const judgement = this.judge(failure);
    const { decision, class: retryClass } = judgement;
    if (decision.kind === "stop" && this.waitsOut(judgement)) {
      const listed = { class: retryClass, durationMs, delayMs: 0, transparent: false };
      this.list(failure, listed);
      if (!this.tell("attempt_failed")) {
        yield interruptAt;
      }
      return this.interrupted(false);
    }
    if (decision.kind === "stop") {
      const outcome = this.failed(failure, durationMs, judgement);
      return isListed(failure) && this.tell("attempt_failed") ? this.interrupted(false) : outcome;
    }
    if (decision.kind === "transparent") {
      this.transparentUsed = true;
      this.list(failure, { class: retryClass, durationMs, delayMs: 0, transparent: true });
      if (this.tell("attempt_failed")) {
        return this.interrupted(false);
      }
      tokens.spend(decision.cost);
      this.paid = decision.cost;
      return this.tell("waiting") ? this.interrupted(false) : undefined;
    }
    const { delayMs } = decision;
    const transparent = decision.kind === "wait";
    const listed = { class: retryClass, durationMs, delayMs, transparent };
    if (this.tell("attempt_failed")) {
      this.list(failure, listed);
      return this.interrupted(false);
    }
    if (decision.kind === "retry") {
      tokens.spend(decision.cost);
    }
    if (this.tell("waiting")) {
      this.list(failure, listed);
      return this.interrupted(false);
    }
    if (decision.kind === "retry") {
      this.paid = decision.cost;
      this.attempts++;
      this.exponent = decision.pushback ? 0 : this.exponent + 1;
      this.waits = 0;
    } else {
      this.transparentUsed = true;
      this.waits++;
    }
    const wakesAt = simulation.now + delayMs;
    if (this.sideBySide && delayMs === 0) {
      notes.tie("calls side by side, retried at once");
    }
    if (wakesAt === interruptAt) {
      notes.tie("end of a wait");
    }
    if (wakesAt > interruptAt) {
      this.world.sleepsKnown = false;
      this.list(failure, { ...listed, delayMs: undefined });
      yield interruptAt;
      return this.interrupted(false);
    }
    this.list(failure, listed);
    sleeps.push(delayMs);
    if (delayMs > 0) {
      yield wakesAt;
    }
    return undefined;
  }

  // A call that waits for a server waits until the deadline, even if no time is left to try again.
  private waitsOut({ class: retryClass, decision }: Judgement): boolean {
    const late = decision.kind === "stop" && decision.reason === "deadline";
    return late && retryClass === "NOT_SENT" && this.policy.waitForReady;
  }

  // Tells an observer, which may cancel the call meanwhile.
  private tell(event: string): boolean {
    if (event !== this.world.canceledOn || !this.call.cancel?.byCallback) {
      return false;
    }
    this.canceledAt = this.world.simulation.now;
    return true;
  }

  // §9.4: once per call. A call that may not replay leaves it to the next one.
  private mayReplay(failure: Failure): boolean {
    const { credential, tenant, scopes } = this.policy;
    const { notes, provider } = this.world;
    const { code, origin } = failure;
    if (code !== "unauthenticated" || origin !== "server" || this.replayed) {
      return false;
    }
    if (credential.kind !== "provider") {
      return false;
    }
    const key = `${tenant ?? ""} ${scopes}`;
    const refused = this.sent?.generation ?? 0;
    if (!this.allowsReplay(failure)) {
      provider.refuse(key, refused);
      return false;
    }
    if (!provider.mayRenew(key, refused)) {
      return false;
    }
    if (endsTooLate(0, this.remaining())) {
      notes.undecided("lateReplay");
    }
    return true;
  }

  // Needs an attempt that is left, but no idempotency level. An answer that says not to make the
  // call again forbids it; with requireIdempotency the call must be repeatable anyway.
  private allowsReplay(failure: Failure): boolean {
    const { retryOff, maxAttempts, repeatable, requireIdempotency } = this.policy;
    if (hintOf(failure, this.wallMs())?.kind === "stop") {
      return false;
    }
    if (retryOff || this.attempts >= maxAttempts) {
      return false;
    }
    if (requireIdempotency && !repeatable) {
      return false;
    }
    return !this.progress.committed && !this.progress.inputGone;
  }

  private goesByGet(): boolean {
    return this.policy.get && !this.posts && textLength(this.call) <= this.world.longestGet;
  }

  // Goes by POST, once and free of charge, as do later calls whose address is as long.
  private isGetTooLong({ httpStatus, origin }: Failure): boolean {
    return (httpStatus === 414 || httpStatus === 431) && origin === "server" && this.sentGet;
  }

  private judge(failure: Failure): Judgement {
    const { costs, tokens, draws } = this.world;
    return judge(failure, {
      policy: this.policy,
      costs,
      tokens,
      draws,
      attempts: this.attempts,
      transparentUsed: this.transparentUsed,
      waits: this.waits,
      exponent: this.exponent,
      remainingMs: this.remaining(),
      committed: this.progress.committed,
      inputGone: this.progress.inputGone,
      wallMs: this.wallMs(),
    });
  }

  private wallMs(): number {
    const { wallClockMs, simulation } = this.world;
    return wallClockMs + simulation.now + simulation.wallShift;
  }

  // Of consecutive waits for a server only the last is kept.
  private list({ code, sent }: Failure, attempt: Omit<PredictedAttempt, "code" | "sent">): void {
    const last = this.failures.at(-1);
    if (last !== undefined && isReadyWait(last) && isReadyWait(attempt)) {
      this.failures.pop();
    }
    this.failures.push({ code, sent, ...attempt });
  }

  // §3.8: a success gives tokens back.
  private succeeded(text: string): PredictedOutcome {
    this.world.tokens.giveBack(this.paid ?? 1);
    return { ok: text, error: null, ...this.seen() };
  }

  private failed(
    failure: Failure,
    durationMs: number | undefined,
    judgement: Judgement = this.judge(failure),
  ): PredictedOutcome {
    if (isListed(failure)) {
      const { class: retryClass } = judgement;
      this.list(failure, { class: retryClass, durationMs, delayMs: 0, transparent: false });
    }
    const error = errorOf(failure, judgement, this.failures, this.progress.committed);
    return { ok: null, error, ...this.seen() };
  }

  // The caller, or the overall deadline, ends the call.
  private interrupted(attemptsOpen: boolean): PredictedOutcome {
    const canceled = this.canceledAt <= this.world.simulation.now;
    const byTimeout = !canceled || (this.call.cancel?.asTimeout ?? false);
    const error = refusedCall(byTimeout ? "deadline" : "canceled", this.failures, {
      attemptsOpen,
      committed: this.progress.committed,
    });
    return { ok: null, error, ...this.seen() };
  }

  private seen(): Pick<PredictedOutcome, "durationMs" | "messages" | "headersMs"> {
    const { headersAt, messages } = this.progress;
    const { kind } = this.policy;
    const shown = kind === "server" || kind === "bidi" ? headersAt : undefined;
    return {
      durationMs: this.world.simulation.now - this.startedAt,
      messages,
      headersMs: typeof shown === "number" ? shown - this.startedAt : shown,
    };
  }
}
