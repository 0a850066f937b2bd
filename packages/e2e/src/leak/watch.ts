import { getEventListeners } from "node:events";
import { Socket } from "node:net";

// Imported before any module that sets timers or opens sockets, so that no other has taken the
// functions it replaces.

const timers = new Set<NodeJS.Timeout>();
const sockets = new Set<Socket>();
const unhandled: unknown[] = [];
const warnings: string[] = [];

/** The real ones, for timers of the program itself, which are not counted. */
export const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
const realSetInterval = globalThis.setInterval;

function countedTimeout(callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
  const timer = real.setTimeout(() => {
    timers.delete(timer);
    callback(...args);
  }, ms);
  timers.add(timer);
  return timer;
}

function countedInterval(callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) {
  const timer = realSetInterval(callback, ms, ...args);
  timers.add(timer);
  return timer;
}

function clear(timer?: NodeJS.Timeout | string | number): void {
  timers.delete(timer as NodeJS.Timeout);
  real.clearTimeout(timer);
}

Object.assign(globalThis, {
  setTimeout: countedTimeout,
  setInterval: countedInterval,
  clearTimeout: clear,
  clearInterval: clear,
});

// TCP and TLS, HTTP/1.1 and HTTP/2 alike: every client socket connects by this method.
const connect = Reflect.get<Socket, "connect">(Socket.prototype, "connect");
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  sockets.add(this);
  this.once("close", () => sockets.delete(this));
  return Reflect.apply(connect, this, args) as Socket;
};

process.on("unhandledRejection", (reason) => unhandled.push(reason));
process.on("warning", ({ name, message }) => warnings.push(`${name}: ${message}`));
let before: string[] = [];

/** Excludes everything that exists now from the count. Call it once all permanent objects exist. */
export function begin(): void {
  // A stream is a resource from its first use on. Node's HTTP, loaded by the first call, uses stderr.
  void process.stdout.writableLength;
  void process.stderr.writableLength;
  before = process.getActiveResourcesInfo();
}

/** Objects that exist now and did not when the count began. */
export interface Left {
  /** Timers that are set, including those that would let the process end. */
  readonly timers: number;
  /** Client sockets that are not closed. */
  readonly sockets: number;
  /** Resources that keep the event loop alive, by Node's names. */
  readonly resources: readonly string[];
  readonly unhandledRejections: readonly unknown[];
  /** Node's own warnings, of listeners above all. */
  readonly warnings: readonly string[];
}

/** Examines the process. */
export function left(): Left {
  const resources = process.getActiveResourcesInfo();
  for (const name of before) {
    const index = resources.indexOf(name);
    if (index >= 0) {
      resources.splice(index, 1);
    }
  }
  return {
    timers: timers.size,
    sockets: sockets.size,
    resources,
    unhandledRejections: unhandled,
    warnings,
  };
}

/** Listeners on a signal. */
export function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

/** Waits, by a timer that is not counted. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => real.setTimeout(resolve, ms));
}
