import { isForAnother, type Failure, streamTimedOut, TENANT_MISMATCH } from "./answers.js";
import type { Exchange, Exchanged } from "./exchange.js";
import { type Flow, flowOf } from "./flow.js";
import type { Process } from "./simulation.js";

/** Progress of the application: what it has seen and given so far. */
export interface Progress {
  readonly messages: string[];
  /** §5.2: true once a message has reached the application. */
  committed: boolean;
  /** §5.2: true once the application's stream cannot be sent again. */
  inputGone: boolean;
  /** Time at which headers were shown; undefined if it is not known. */
  headersAt: number | null | undefined;
}

/** Runs the exchange of a stream of any kind: §5.3, §5.2. */
export function* exchangeStream(exchange: Exchange, progress: Progress): Process<Exchanged> {
  return yield* new StreamExchange(exchange, progress).run();
}

class StreamExchange {
  private readonly flow: Flow;
  private readonly sentAt: number;
  /** Time at which the last message of the request is taken. */
  private readonly takenAt: number;
  /** Time at which the first-message or the idle timeout ends it. */
  private limitAt: number;
  private heard: Partial<Failure> = {};
  private answered = false;
  /** Only message of an answer that is not a stream. */
  private answer = "";

  constructor(
    private readonly exchange: Exchange,
    private readonly progress: Progress,
  ) {
    const { world, call, policy, answer } = exchange;
    const { kind } = policy;
    this.flow = flowOf(answer, { ...world, kind });
    this.sentAt = world.simulation.now;
    const reads = kind === "client" || kind === "bidi";
    const texts = reads && call.texts.length > 0 ? call.texts : [call.text];
    const uploadMs = reads ? texts.length * Number(call.textDelayMs) : 0;
    this.takenAt = call.keepOpen && kind === "bidi" ? Infinity : this.sentAt + uploadMs;
    this.limitAt = this.sentAt + policy.firstMessageTimeoutMs;
    if (reads) {
      exchange.request.body = undefined;
    }
    if (reads && this.flow.taken) {
      progress.inputGone = true;
    }
    if (call.breakAfter !== undefined && call.breakAfter < 1) {
      world.notes.invalid("a stream that is left before it begins");
    }
    if (call.keepOpen && kind !== "bidi") {
      world.notes.invalid("open messages of no bidi stream");
    }
  }

  *run(): Process<Exchanged> {
    const flow = this.flow;
    const { sideBySide, world } = this.exchange;
    const startsAt = flow.early || !flow.taken ? this.sentAt : this.takenAt;
    if (sideBySide && startsAt + flow.delayMs === this.sentAt) {
      world.notes.tie("calls side by side, answered at once");
    }
    const silent = yield* this.until(startsAt + flow.delayMs);
    if (silent !== undefined) {
      return silent;
    }
    this.answered = true;
    if (flow.head || flow.failure?.httpStatus !== undefined) {
      this.heard = { headers: flow.headers, httpStatus: 200 };
    }
    if (flow.head) {
      const refused = this.headArrived();
      if (refused !== undefined) {
        return refused;
      }
    }
    for (const { text, delayMs } of flow.messages) {
      const over = yield* this.until(world.simulation.now + delayMs);
      if (over !== undefined) {
        return over;
      }
      const left = this.messageArrived(text);
      if (left !== undefined) {
        return left;
      }
    }
    const over = yield* this.until(world.simulation.now + flow.endDelayMs);
    return over ?? this.ended();
  }

  // Waits for the next event, which may be the end of the call or of the attempt.
  private *until(comesAt: number): Process<Exchanged | undefined> {
    const { interruptAt, world } = this.exchange;
    const { simulation, notes } = world;
    const at = Math.min(comesAt, this.limitAt, interruptAt);
    if (at === Infinity) {
      notes.invalid("a call without end");
      return { kind: "interrupted" };
    }
    const [first, second] = [comesAt, this.limitAt, interruptAt].toSorted((a, b) => a - b);
    if (first === second) {
      notes.tie("answer and timer");
    }
    // Even if it is at once: whatever happens at the same time comes first.
    yield Math.max(at, simulation.now);
    if (at === comesAt) {
      return undefined;
    }
    this.close({ canceled: true });
    if (at === interruptAt) {
      return { kind: "interrupted" };
    }
    return { kind: "failed", failure: streamTimedOut(this.heard) };
  }

  private headArrived(): Exchanged | undefined {
    const { policy, world } = this.exchange;
    const { failure, headers } = this.flow;
    if (isForAnother(headers, policy.tenant)) {
      if (failure !== undefined) {
        world.notes.undecided("streamForAnother");
      }
      this.close({ canceled: undefined });
      return { kind: "failed", failure: TENANT_MISMATCH };
    }
    if (policy.kind === "bidi") {
      this.shown();
      this.progress.inputGone = true;
    }
    return undefined;
  }

  private messageArrived(text: string): Exchanged | undefined {
    const { call, policy, world } = this.exchange;
    const { messages } = this.progress;
    if (policy.kind === "client") {
      this.answer = text;
      return undefined;
    }
    messages.push(text);
    this.progress.committed = true;
    this.shown();
    this.limitAt = world.simulation.now + policy.idleTimeoutMs;
    if (messages.length !== call.breakAfter) {
      return undefined;
    }
    const { endDelayMs, messages: all } = this.flow;
    const restMs = all
      .slice(messages.length)
      .reduce((sum, { delayMs }) => sum + delayMs, endDelayMs);
    // A client that leaves may have read any part of what is there at once.
    this.close({ canceled: restMs > 0 ? true : undefined });
    return { kind: "ended", text: "" };
  }

  private ended(): Exchanged {
    const { policy, world } = this.exchange;
    const { failure, head, messages } = this.flow;
    const told = failure === undefined || failure.origin === "server";
    this.close({ canceled: told && head ? false : undefined });
    if (policy.kind === "bidi" && !head && failure?.httpStatus !== undefined) {
      this.progress.headersAt = undefined;
    }
    // Of a message that came whole and cannot be read the headers are shown or not, by who asks first.
    if (failure?.code === "internal" && failure.origin === "client") {
      this.progress.headersAt ??= undefined;
    }
    if (failure !== undefined) {
      if (policy.kind === "client" && messages.length > 1) {
        world.notes.invalid("two answers");
      }
      return { kind: "failed", failure };
    }
    this.shown();
    if (policy.kind !== "client") {
      return { kind: "ended", text: "" };
    }
    if (messages.length !== 1) {
      world.notes.invalid(`${messages.length} answers`);
    }
    return { kind: "ended", text: this.answer };
  }

  private shown(): void {
    this.progress.headersAt ??= this.exchange.world.simulation.now;
  }

  // Takes nothing more from the application.
  private close({ canceled }: { canceled: boolean | undefined }): void {
    const { request, call, policy, world } = this.exchange;
    const { now } = world.simulation;
    request.canceled = canceled;
    if (!this.flow.taken) {
      return;
    }
    if (policy.kind === "server") {
      request.texts = [call.text];
      return;
    }
    const texts = call.texts.length > 0 ? call.texts : [call.text];
    const delayMs = Number(call.textDelayMs);
    const takenAt = (index: number): number => this.sentAt + (index + 1) * delayMs;
    // How many of the immediate messages were taken is not specified.
    if (this.flow.early && delayMs === 0 && now === this.sentAt) {
      return;
    }
    const clear = delayMs === 0 || (this.answered && !this.flow.early);
    if (!clear && texts.some((_, index) => takenAt(index) === now)) {
      world.notes.tie("a message of the caller and the end");
    }
    request.texts = texts.filter((_, index) => takenAt(index) <= now);
  }
}
