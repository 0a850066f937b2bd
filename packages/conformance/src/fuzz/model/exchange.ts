import type { Answer, Call, Script } from "@ameideio/conformance-proto";
import { attemptTimedOut, type Failure, react, read, type Reaction } from "./answers.js";
import type { Provider } from "./credentials.js";
import { flowOf, oneAnswer } from "./flow.js";
import type { Notes } from "./notes.js";
import type { Policy, Protocol } from "./policy.js";
import type { OpenRequest } from "./request.js";
import type { Costs } from "./retry.js";
import type { Draws, Process, Simulation, Tokens } from "./simulation.js";

/** State that all calls of a case share. */
export interface World {
  readonly protocol: Protocol;
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
  /** Event at which an observer cancels the calls that callbacks may cancel. */
  readonly canceledOn: string | undefined;
  /** Longest text that still goes by GET; for one method alone, so that texts tell addresses. */
  longestGet: number;
  readonly requests: OpenRequest[];
  readonly sleeps: number[];
  sleepsKnown: boolean;
}

/** One request and its answer, from the call's point of view. */
export interface Exchange {
  readonly world: World;
  readonly call: Call;
  readonly policy: Policy;
  readonly request: OpenRequest;
  readonly answer: Answer;
  /** Time at which the attempt timeout cuts it; unary calls only. */
  readonly cutAt: number;
  /** Time at which the overall deadline or the caller ends the call. */
  readonly interruptAt: number;
  readonly sideBySide: boolean;
}

/** Result of an exchange. */
export type Exchanged =
  | { readonly kind: "interrupted" }
  | { readonly kind: "ended"; readonly text: string }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Reports whether an answer can be given: every header has a name. */
export function isPlayable({ headers, trailers }: Answer): boolean {
  return [...headers, ...trailers].every(({ name }) => name !== "");
}

/** Runs the exchange of a unary call. */
export function* exchangeUnary(exchange: Exchange): Process<Exchanged> {
  const { world, policy, cutAt, interruptAt } = exchange;
  const { simulation, notes } = world;
  const sentAt = simulation.now;
  const { reaction, heard, headAt, arrivesAt } = reactionTo(exchange);
  const endsAt = Math.min(arrivesAt, cutAt, interruptAt);
  if (endsAt === Infinity) {
    notes.invalid("a call without end");
    return { kind: "interrupted" };
  }
  if (arrivesAt === Math.min(cutAt, interruptAt)) {
    notes.tie("answer and timer");
  }
  if (exchange.sideBySide && arrivesAt === sentAt) {
    notes.tie("calls side by side, answered at once");
  }
  if (cutAt === interruptAt && cutAt === endsAt) {
    notes.tie("attempt timeout and cancel");
  }
  // Even if it is at once: whatever happens at the same time comes first.
  yield endsAt;

  if (endsAt === interruptAt) {
    return { kind: "interrupted" };
  }
  if (endsAt < arrivesAt) {
    if (headAt === cutAt) {
      notes.tie("head and attempt timeout");
    }
    return { kind: "failed", failure: attemptTimedOut(headAt < cutAt ? heard : {}) };
  }
  const result = read(reaction, policy.tenant);
  if (typeof result === "string") {
    return { kind: "ended", text: result };
  }
  return { kind: "failed", failure: result };
}

function reactionTo({ world, answer }: Exchange): {
  reaction: Reaction;
  /** Facts known from the head on. */
  heard: Partial<Failure>;
  headAt: number;
  arrivesAt: number;
} {
  const { simulation, notes, protocol, readMaxBytes } = world;
  const headAt = simulation.now + Number(answer.delayMs);
  if (protocol === "connect") {
    const reaction = react(answer, readMaxBytes, notes);
    if (reaction.kind !== "silence") {
      return { reaction, heard: {}, headAt, arrivesAt: headAt };
    }
    return { reaction, heard: reaction.heard, headAt, arrivesAt: Infinity };
  }
  const flow = flowOf(answer, { protocol, kind: "unary", readMaxBytes, notes });
  const { reaction, afterMs } = oneAnswer(flow, notes);
  const heard = flow.head ? { headers: flow.headers, httpStatus: 200 } : {};
  return { reaction, heard, headAt, arrivesAt: simulation.now + afterMs };
}
