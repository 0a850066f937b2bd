import type { Credential, CredentialRequest } from "./credential.js";
import { timerDelay } from "../policy/deadline.js";
import type { AmeideError } from "../errors/errors.js";
import type { PolicyConstants } from "../policy/policy.js";
import type { Clock, Timer } from "../runtime/runtime.js";
import type { TokenEntry, TokenFlight, TokenWaiter } from "./token_store.js";

/** Provider's side of a wait. */
export interface TokenSource {
  readonly clock: Clock;
  readonly constants: PolicyConstants;
  /** Reports whether one more request may begin now. */
  mayAsk(): boolean;
  /** Makes a request; its answer may be there when this returns. */
  ask(entry: TokenEntry, wait: TokenWait): void;
  /** Reports whether the provider failed so recently that it is not asked again. */
  isPaused(entry: TokenEntry): boolean;
  /** Queues a wait, to be woken when one more request may begin. */
  enqueue(wait: TokenWait): void;
  /** Removes a wait that has ended. */
  forget(wait: TokenWait): void;
  /** Records that a wait took too long: the provider counts as failed. */
  gaveUp(entry: TokenEntry, flight: TokenFlight | undefined): AmeideError;
}

/**
 * Wait of one call for a token. It joins the request under way, and begins one of its own if there
 * is none or if that one takes too long: in a worker, a request is ended together with the call
 * that began it, and no other call is told.
 *
 * Its timers are its own, set in the context of its call, since other calls cannot be relied upon.
 */
export class TokenWait implements TokenWaiter {
  flight: TokenFlight | undefined;
  /** Its result, if it ended before `wait` was called. */
  result: { readonly credential: Credential } | { readonly error: AmeideError } | undefined;
  private own = false;
  private left = false;
  private wakeUp: (() => void) | undefined;
  readonly startedMs: number;
  private readonly patientUntilMs: number;
  private readonly giveUpMs: number;
  private timer: Timer;
  private resolve: ((credential: Credential) => void) | undefined;
  private reject: ((error: AmeideError) => void) | undefined;

  /** @param refused - Generation of the token that the server refused; 0 if none was refused. */
  constructor(
    private readonly source: TokenSource,
    readonly entry: TokenEntry,
    readonly request: CredentialRequest,
    readonly refused: number,
  ) {
    const { clock, constants } = source;
    const nowMs = clock.now();
    this.startedMs = nowMs;
    const shareMs = Math.floor((request.deadlineMs - nowMs) * constants.tokenJoinShare);
    this.patientUntilMs = nowMs + Math.min(constants.tokenJoinMs, shareMs);
    this.giveUpMs = nowMs + constants.tokenTimeoutMs;
  }

  /** Waits. Call it only while `result` is undefined, and once. */
  wait(): Promise<Credential> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Finds out what there is to wait for, and waits for it. */
  look(): void {
    const { source, entry } = this;
    if (this.left || this.result !== undefined) {
      return;
    }
    const nowMs = source.clock.now();
    if (nowMs >= this.giveUpMs) {
      this.fail(source.gaveUp(entry, this.own ? this.flight : undefined));
      return;
    }
    if (!this.own) {
      this.flight = this.joinable(nowMs);
      if (this.flight === undefined && !this.begin()) {
        return;
      }
    }
    this.arm(nowMs);
  }

  take(credential: Credential): void {
    if (this.result === undefined && credential.generation > this.refused) {
      this.result = { credential };
      this.resolve?.(credential);
    }
  }

  fail(error: AmeideError): void {
    const still = usableToken(this.entry, this.refused);
    if (still !== undefined) {
      this.take(still);
    } else {
      this.abandon(error);
    }
  }

  abandon(error: AmeideError): void {
    if (this.result === undefined) {
      this.result = { error };
      this.reject?.(error);
    }
  }

  /** Begins a request where the call was made, not here: there is room for one more. */
  wake(): void {
    this.wakeUp?.();
  }

  /** Ends the wait, since the call goes on or has ended. */
  leave(): void {
    this.left = true;
    this.source.forget(this);
    if (this.timer !== undefined) {
      this.source.clock.clearTimer(this.timer);
      this.timer = undefined;
    }
  }

  // Returns false if it is over.
  private begin(): boolean {
    const { source, entry } = this;
    const { failure } = entry;
    if (failure !== undefined && source.isPaused(entry)) {
      this.fail(failure.error);
      return false;
    }
    if (source.mayAsk()) {
      this.own = true;
      source.ask(entry, this);
    } else {
      void new Promise<void>((resolve) => (this.wakeUp = resolve)).then(() => this.look());
      source.enqueue(this);
    }
    return this.result === undefined;
  }

  private joinable(nowMs: number): TokenFlight | undefined {
    const { flight } = this.entry;
    return flight !== undefined && nowMs < this.joinUntil(flight) ? flight : undefined;
  }

  // A request that has just begun is not doubled, however little time its callers have.
  private joinUntil({ startedMs }: TokenFlight): number {
    const { providerPauseMs, tokenJoinMs } = this.source.constants;
    const untilMs = Math.min(startedMs + tokenJoinMs, this.patientUntilMs);
    return Math.max(startedMs + providerPauseMs, untilMs);
  }

  private arm(nowMs: number): void {
    const { source, flight, own } = this;
    if (this.timer !== undefined) {
      source.clock.clearTimer(this.timer);
      this.timer = undefined;
    }
    const lookAtMs = own
      ? this.giveUpMs
      : flight === undefined
        ? nowMs + source.constants.providerPauseMs
        : this.joinUntil(flight);
    const dueMs = Math.min(lookAtMs, this.giveUpMs);
    // The call's own deadline ends it first.
    if (dueMs < this.request.deadlineMs) {
      const fire = () => {
        this.timer = undefined;
        const leftMs = dueMs - source.clock.now();
        // Node's timers may fire a little early.
        if (leftMs > 0) {
          this.timer = source.clock.setTimer(fire, timerDelay(leftMs), "deadline");
        } else {
          this.look();
        }
      };
      this.timer = source.clock.setTimer(fire, timerDelay(dueMs - nowMs), "deadline");
    }
  }
}

/** Returns the token of an entry if it is newer than `refused` and has not expired. */
export function usableToken({ token }: TokenEntry, refused: number): Credential | undefined {
  if (token === undefined || token.credential.generation <= refused) {
    return undefined;
  }
  return token.life.stage() === "expired" ? undefined : token.credential;
}
