import { Code, ConnectError } from "@connectrpc/connect";
import type { TokenProvider } from "./auth.js";
import type { Credential, CredentialRequest } from "./credential.js";
import { AmeideError } from "../errors/errors.js";
import type { PolicyConstants } from "../policy/policy.js";
import { ProviderSlots } from "./provider_slots.js";
import type { Clock, Runtime } from "../runtime/runtime.js";
import { thrownTextWithoutTokens } from "../errors/thrown_text.js";
import { readToken, TokenLife } from "./token_life.js";
import type { TokenEntry, TokenFlight, TokenStore } from "./token_store.js";
import { type TokenSource, TokenWait, usableToken } from "./token_wait.js";

/** Caches the tokens of one provider by tenant and scopes, with one request for many calls. */
export class TokenCache implements TokenSource {
  readonly header = "authorization";
  readonly clock: Clock;
  readonly constants: PolicyConstants;
  private readonly id: number;
  // Result of the last lookup: calls of one method ask for the same tenant and scopes again and
  // again.
  private last: (Pick<CredentialRequest, "tenant" | "scopes"> & { entry: TokenEntry }) | undefined;
  private asked = 0;
  private readonly slots: ProviderSlots;

  constructor(
    private readonly provider: TokenProvider,
    private readonly runtime: Runtime,
    private readonly store: TokenStore,
  ) {
    this.clock = runtime.clock;
    this.constants = runtime.constants;
    this.id = store.nextProvider();
    this.slots = new ProviderSlots(this.clock, this.constants);
  }

  get(request: CredentialRequest): Credential | TokenWait {
    const entry = this.entry(request);
    const { token } = entry;
    if (generationOf(entry) <= entry.refused && this.mayRenew(entry, entry.refused)) {
      return this.renewed(entry, request, entry.refused);
    }
    const stage = token?.life.stage() ?? "expired";
    if (token !== undefined && stage === "fresh") {
      return token.credential;
    }
    if (token !== undefined && stage === "renewable") {
      this.renewAhead(entry, request);
      return entry.token?.credential ?? token.credential;
    }
    return this.fetch(entry, request, 0);
  }

  canRenew(request: CredentialRequest, { generation }: Credential): boolean {
    return this.mayRenew(this.entry(request), generation);
  }

  renew(request: CredentialRequest, { generation }: Credential): Credential | TokenWait {
    return this.renewed(this.entry(request), request, generation);
  }

  refuse(request: CredentialRequest, { generation }: Credential): void {
    const entry = this.entry(request);
    entry.refused = Math.max(entry.refused, generation);
  }

  private mayRenew(entry: TokenEntry, refused: number): boolean {
    const { token, flight } = entry;
    if (usableToken(entry, refused) !== undefined || flight !== undefined) {
      return true;
    }
    const isNew = token?.afterRefusal === true && token.life.age() < this.constants.providerPauseMs;
    return !isNew && !this.isPaused(entry);
  }

  private renewed(
    entry: TokenEntry,
    request: CredentialRequest,
    refused: number,
  ): Credential | TokenWait {
    return usableToken(entry, refused) ?? this.fetch(entry, request, refused);
  }

  mayAsk(): boolean {
    return this.slots.isFree();
  }

  ask(entry: TokenEntry, wait: TokenWait): void {
    this.slots.leave(wait);
    this.request(entry, wait.request, wait.refused > 0, wait);
  }

  isPaused({ failure }: TokenEntry): boolean {
    return (
      failure !== undefined && this.clock.now() < failure.atMs + this.constants.providerPauseMs
    );
  }

  enqueue(wait: TokenWait): void {
    this.slots.enqueue(wait);
  }

  forget(wait: TokenWait): void {
    this.slots.leave(wait);
    wait.entry.waits.delete(wait);
    this.store.removeWait(wait);
  }

  gaveUp(entry: TokenEntry, flight: TokenFlight | undefined): AmeideError {
    const late = new Error(`it gave no token within ${this.constants.tokenTimeoutMs} ms`);
    const error = providerError(late);
    entry.failure = { error, atMs: this.clock.now() };
    if (flight !== undefined && entry.flight === flight) {
      entry.flight = undefined;
    }
    return error;
  }

  private entry(request: CredentialRequest): TokenEntry {
    const { last } = this;
    const { tenant, scopes } = request;
    if (
      last !== undefined &&
      last.tenant === tenant &&
      last.scopes === scopes &&
      !last.entry.dropped
    ) {
      return last.entry;
    }
    if (this.store.closeReason !== undefined) {
      throw this.store.closeReason;
    }
    const key = `${this.id} ${JSON.stringify([tenant ?? null, scopes])}`;
    const entry = this.store.entry(key, this.constants, this.clock.now());
    this.last = { tenant, scopes, entry };
    return entry;
  }

  private fetch(
    entry: TokenEntry,
    request: CredentialRequest,
    refused: number,
  ): Credential | TokenWait {
    const wait = new TokenWait(this, entry, request, refused);
    entry.waits.add(wait);
    this.store.addWait(wait);
    wait.look();
    const { result } = wait;
    if (result === undefined) {
      return wait;
    }
    wait.leave();
    if ("error" in result) {
      throw result.error;
    }
    return result.credential;
  }

  // Never queues, as there is a token that can be used.
  private renewAhead(entry: TokenEntry, request: CredentialRequest): void {
    const nowMs = this.clock.now();
    const { failure, flight } = entry;
    const { failedRefreshWaitMs, tokenTimeoutMs } = this.constants;
    const isUnderWay = flight !== undefined && nowMs < flight.startedMs + tokenTimeoutMs;
    const hasFailed = failure !== undefined && nowMs < failure.atMs + failedRefreshWaitMs;
    if (!isUnderWay && !hasFailed && this.mayAsk()) {
      this.request(entry, request, false);
    }
  }

  private request(
    entry: TokenEntry,
    { tenant, scopes }: CredentialRequest,
    afterRefusal: boolean,
    wait?: TokenWait,
  ): void {
    const { clock, constants } = this;
    const flight = { number: ++this.asked, startedMs: clock.now(), afterRefusal };
    entry.flight = flight;
    if (wait !== undefined) {
      wait.flight = flight;
    }
    this.slots.take(flight);
    const deadline = new Date(clock.wallNow() + constants.tokenTimeoutMs);
    let answer: unknown;
    try {
      answer = this.provider({ tenant, scopes, deadline });
      if (isThenable(answer)) {
        Promise.resolve(answer).then(
          (token) => this.landed(entry, flight, token),
          (reason: unknown) => this.failed(entry, flight, providerError(reason)),
        );
        return;
      }
    } catch (reason) {
      this.failed(entry, flight, providerError(reason));
      return;
    }
    this.landed(entry, flight, answer);
  }

  private landed(entry: TokenEntry, flight: TokenFlight, given: unknown): void {
    const { constants, clock, store } = this;
    let token: ReturnType<typeof readToken>;
    try {
      token = readToken(given, constants);
    } catch (reason) {
      this.failed(entry, flight, tokenError(reason));
      return;
    }
    this.end(entry, flight);
    // A request that began before the one of the current token gives an older token.
    if (store.closeReason === undefined && flight.number > generationOf(entry)) {
      const jitter = this.runtime.random.authJitter();
      const credential = {
        header: this.header,
        value: `Bearer ${token.text}`,
        generation: flight.number,
      };
      entry.token = {
        credential,
        life: new TokenLife(clock, token.expiresAtMs, constants, jitter),
        afterRefusal: flight.afterRefusal,
      };
      entry.failure = undefined;
      for (const wait of entry.waits) {
        wait.take(credential);
      }
    }
  }

  private failed(entry: TokenEntry, flight: TokenFlight, error: AmeideError): void {
    this.end(entry, flight);
    entry.failure = { error, atMs: this.clock.now() };
    for (const wait of entry.waits) {
      if (wait.flight === flight) {
        wait.fail(error);
      }
    }
  }

  private end(entry: TokenEntry, flight: TokenFlight): void {
    this.slots.release(flight);
    if (entry.flight === flight) {
      entry.flight = undefined;
    }
  }
}

function generationOf({ token }: TokenEntry): number {
  return token?.credential.generation ?? 0;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === "function"
  );
}

// Reading a provider's answer may run code of its own.
function tokenError(reason: unknown): AmeideError {
  return reason instanceof AmeideError ? reason : providerError(reason);
}

function providerError(reason: unknown): AmeideError {
  const source = new ConnectError(`the token provider failed${told(reason)}`, Code.Unauthenticated);
  source.cause = reason;
  return new AmeideError(source, { origin: "client", reason: "TOKEN_PROVIDER_FAILED" });
}

// Reading a thrown value may run code of its own.
function told(reason: unknown): string {
  try {
    const text = thrownTextWithoutTokens(reason);
    return text === "" ? "" : `: ${text}`;
  } catch {
    return "";
  }
}
