import { AsyncLocalStorage } from "node:async_hooks";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, createVirtualClock } from "@ameideio/ameide-sdk-ts/testing";

/** Time of a case: virtual in memory, real on the wire. */
export interface Time extends Clock {
  advance(ms: number): Promise<void>;
  /** Sets the wall clock ahead, or back, while time goes on. */
  jumpWall(ms: number): void;
}

/** Creates time that jumps to the next timer whenever nothing else goes on. */
export function virtualTime(wallStartMs: number): Time {
  const clock = createVirtualClock({ autoAdvance: true, wallStartMs });
  let jumpedMs = 0;
  return {
    now: () => clock.now(),
    wallNow: () => clock.wallNow() + jumpedMs,
    setTimer: (callback, ms, kind) => clock.setTimer(callback, ms, kind),
    clearTimer: (timer) => clock.clearTimer(timer),
    advance: (ms) => clock.advance(ms),
    jumpWall: (ms) => (jumpedMs += ms),
  };
}

/** Creates real time; only the wall clock may start elsewhere. */
export function realTime(wallStartMs: number): Time {
  const startMs = performance.now();
  let jumpedMs = 0;
  return {
    now: () => performance.now() - startMs,
    wallNow: () => wallStartMs + performance.now() - startMs + jumpedMs,
    setTimer: (callback, ms) => setTimeout(callback, ms),
    clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    advance: (ms) => sleep(ms),
    jumpWall: (ms) => (jumpedMs += ms),
  };
}

/** Wraps a clock, to tell which of its timers are left, and which waits there were. */
export function watchTimers(inner: Clock): {
  clock: Clock;
  sleeps: number[];
  left(): number;
  /** Returns the longest time a timer was set to, in milliseconds; 0 without one. */
  longest(): number;
} {
  const live = new Set<unknown>();
  const sleeps: number[] = [];
  let longestMs = 0;
  const clock: Clock = {
    now: () => inner.now(),
    wallNow: () => inner.wallNow(),
    setTimer(callback, ms, kind) {
      longestMs = Math.max(longestMs, ms);
      if (kind === "sleep") {
        sleeps.push(ms);
      }
      const timer = inner.setTimer(
        () => {
          live.delete(timer);
          callback();
        },
        ms,
        kind,
      );
      live.add(timer);
      return timer;
    },
    clearTimer(timer) {
      live.delete(timer);
      inner.clearTimer(timer);
    },
  };
  return { clock, sleeps, left: () => live.size, longest: () => longestMs };
}

for (const name of Object.keys(process.env)) {
  if (name.startsWith("AMEIDE_")) {
    delete process.env[name];
  }
}

/** Runs a synchronous function with these variables set, and no others of the SDK. */
export function withEnvironment<T>(variables: Readonly<Record<string, string>>, run: () => T): T {
  Object.assign(process.env, variables);
  try {
    return run();
  } finally {
    for (const name of Object.keys(variables)) {
      delete process.env[name];
    }
  }
}

const sockets = new AsyncLocalStorage<Set<Socket>>();
const connect = Reflect.get<Socket, "connect">(Socket.prototype, "connect");

// TCP and TLS, HTTP/1.1 and HTTP/2 alike: every client socket connects by this method.
Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  const open = sockets.getStore();
  open?.add(this);
  this.once("close", () => open?.delete(this));
  return Reflect.apply(connect, this, args) as Socket;
};

/** Runs a function and counts the sockets it connected that are left open. */
export async function countSockets(run: () => Promise<unknown>): Promise<number> {
  const open = new Set<Socket>();
  await sockets.run(open, run);
  // A socket that was destroyed is closed a few turns of the event loop later.
  for (let turn = 0; open.size > 0 && turn < 50; turn++) {
    await sleep(turn < 10 ? 0 : 5);
  }
  return open.size;
}
