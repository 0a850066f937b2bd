import type { AmeideOptions, Token, TokenRequest } from "../../src/index.js";
import { type ScriptedThreads, scriptedThreads } from "./scripted_threads.js";

/** Where the virtual clock starts. */
export const WALL_START = Date.UTC(2026, 0, 1);
/** In milliseconds. */
export const HOUR = 3_600_000;

/** A provider whose tokens are t1, t2, …, each good for so long; 0 is for ever. */
export function issuer(lifetimeMs = HOUR) {
  const requests: TokenRequest[] = [];
  const made = { wallNow: () => WALL_START };
  const provider = (request: TokenRequest): Promise<Token> => {
    requests.push(request);
    const expiresAt = lifetimeMs === 0 ? undefined : made.wallNow() + lifetimeMs;
    return Promise.resolve({ token: `t${requests.length}`, expiresAt });
  };
  return { requests, provider, made };
}

/** A client with an {@link issuer}, and what the issuer was asked for. */
export function withIssuer(
  answers: Parameters<typeof scriptedThreads>[0],
  lifetimeMs?: number,
  options: AmeideOptions = {},
) {
  const { requests, provider, made } = issuer(lifetimeMs);
  const scripted = scriptedThreads(answers, { auth: { provider }, ...options });
  made.wallNow = () => scripted.clock.wallNow();
  return { ...scripted, tokens: requests };
}

/** The credentials that were sent. */
export function sent({ http }: Pick<ScriptedThreads, "http">): (string | null)[] {
  return http.requests.map(({ headers }) => headers.get("authorization"));
}
