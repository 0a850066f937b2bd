import type { Here } from "./place.js";

/** Report of the witness about a call it got. */
export interface SeenCall {
  /** Version as Node.js names it: `1.1`, `2.0`. */
  readonly http: string;
  /** HTTP method. */
  readonly method: string;
  /** `connect`, `grpc` or `grpc-web`. */
  readonly protocol: string;
  /** Names lower-case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Serial number of the client's certificate, if it gave one. */
  readonly certificate?: string;
}

/** Report of the fault server about a request. */
export interface SeenRequest {
  readonly headers: readonly (readonly [string, string])[];
  readonly method: string;
  readonly closedEarly: boolean;
}

/** Reads an answer of the witness. */
export function seenCall(answer: { readonly text: string }): SeenCall {
  return JSON.parse(answer.text) as SeenCall;
}

/** The requests of this check's fault, once there are so many, or one whose client hung up. */
export function seenRequests(here: Here, wait: { count: number } | "hung up" = { count: 0 }) {
  const mount = new URL(here.fault).pathname.slice(1);
  const until = wait === "hung up" ? "hung-up" : String(wait.count);
  return ask<SeenRequest[]>(here, `requests?mount=${mount}&until=${until}`);
}

/** How many requests came to the address that redirects name. */
export async function seenElsewhere(here: Here): Promise<number> {
  return (await ask<SeenRequest[]>(here, `requests?mount=${here.place.name}.elsewhere&until=0`))
    .length;
}

/** Resolves once the witness saw a stream end that its client left. */
export function streamLeft(here: Here, id: string): Promise<true> {
  return ask<true>(here, `left?id=${id}`);
}

/** Values of a header in a recorded request. */
export function headerOf(request: SeenRequest | undefined, name: string): string[] {
  return (request?.headers ?? [])
    .filter(([each]) => each.toLowerCase() === name)
    .map(([, value]) => value);
}

async function ask<T>(here: Here, question: string): Promise<T> {
  const response = await fetch(`${here.place.seen}/${question}`);
  if (!response.ok) {
    throw new Error(`the server did not see it: ${await response.text()}`);
  }
  return (await response.json()) as T;
}
