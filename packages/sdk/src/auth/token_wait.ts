import type { Credential, CredentialRequest } from "./credential.js";
import { timerDelay } from "../policy/deadline.js";
import type { AmeideError } from "../errors/errors.js";
import type { PolicyConstants } from "../policy/policy.js";
import type { Clock, Timer } from "../runtime/runtime.js";
import type { TokenEntry, TokenFlight, TokenWaiter } from "./token_store.js";

/** What a wait needs of the provider's side. */
export interface TokenSource {
  readonly clock: Clock;
  readonly constants: PolicyConstants;
  /** Whether there may be one more request now. */
  mayAsk(): boolean;
  /** Makes a request; its answer may be there when this returns. */
  ask(entry: TokenEntry, wait: TokenWait): void;
  /** The provider failed so recently that it is not asked again. */
  isPaused(entry: TokenEntry): boolean;
  /** The wait is woken when there may be one more request. */
  enqueue(wait: TokenWait): void;
  /** The wait has ended. */
  forget(wait: TokenWait): void;
  /** The wait was too long: the provider counts as failed. */
  gaveUp(entry: TokenEntry, flight: TokenFlight | undefined): AmeideError;
}

/**
 * One call that waits for a token. It joins the request that is under way, and
 * makes one of its own where there is none, or where that one takes too long:
 * in a worker a request ends with whoever began it, and nobody is told.
 *
 * Its timers are its own, and are set where the call is made: nobody else can be
 * relied upon.
 */
export class TokenWait implements TokenWaiter {
  flight: TokenFlight | undefined;
  /** How it ended, if it did so before anybody waited. */
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

  /** @param refused - Generation of a token the server refused; 0 where none was. */
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

  /** Waits; call it where `result` is undefined, once. */
  wait(): Promise<Credential> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Looks what there is to wait for, and waits for it. */
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

  /** There is room for one more request. It is made where the call was made, not here. */
  wake(): void {
    this.wakeUp?.();
  }

  /** The call goes on, or has ended. */
  leave(): void {
    this.left = true;
    this.source.forget(this);
    if (this.timer !== undefined) {
      this.source.clock.clearTimer(this.timer);
      this.timer = undefined;
    }
  }

  // False if it is over.
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

  // One that has just begun is not doubled, however little time its callers have.
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
    // The call's own deadline ends it before.
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

/** The token of an entry, if it is newer than that and has not expired. */
export function usableToken({ token }: TokenEntry, refused: number): Credential | undefined {
  if (token === undefined || token.credential.generation <= refused) {
    return undefined;
  }
  return token.life.stage() === "expired" ? undefined : token.credential;
}
