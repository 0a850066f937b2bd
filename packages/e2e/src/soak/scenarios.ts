import { setTimeout as wait } from "node:timers/promises";
import { TIMES } from "./settings.js";
import type { World } from "./world.js";

/** Something that happens to connections that live. */
export interface Scenario {
  readonly id: string;
  /** In a table. */
  readonly title: string;
  /** How long is looked at what follows, from when it is over. */
  readonly windowMs: number;
  /** Prepares the world. */
  readonly prepare?: (world: World) => Promise<void>;
  /** Does it; over when it resolves: from then on every new connection would be served. */
  readonly act: (world: World) => Promise<void>;
  /**
   * Repairs damage that no client recovers from by itself, so that the next one begins alike for
   * all.
   */
  readonly mend?: (world: World) => void;
  /** No idempotent call may fail of it. */
  readonly keepsCalls: boolean;
  /** New calls have to be as before within 1.5 attempt timeouts. */
  readonly recovers?: true;
}

const GAP_MS = 300;
const STALL_MS = 500;
const RESETS_MS = 2_000;
const BLACKOUT_MS = TIMES.attemptMs * 1.5;
// Time by which a dead connection is noticed by its keepalive alone.
const HOLE_WINDOW_MS = TIMES.keepAlive.intervalMs + TIMES.keepAlive.timeoutMs + 3_000;

const bury = (world: World) => {
  for (const relay of world.relays) {
    relay.bury();
  }
};

/** All of them, in the order in which they come in a cycle. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: "restart",
    title: "restart, SIGTERM, the next listens before",
    windowMs: 4_000,
    keepsCalls: true,
    prepare: (world) => world.startNext(),
    async act(world) {
      world.drain(world.takeNext());
    },
  },
  {
    id: "kill",
    title: "SIGKILL, the next listens before",
    windowMs: 4_000,
    keepsCalls: true,
    prepare: (world) => world.startNext(),
    async act(world) {
      world.takeNext()?.kill();
    },
  },
  {
    id: "goaway",
    title: "GOAWAY, `connection: close`",
    windowMs: 3_000,
    keepsCalls: true,
    async act(world) {
      world.current.recycle();
    },
  },
  {
    id: "stall",
    title: `stall of ${STALL_MS} ms`,
    windowMs: 3_000,
    keepsCalls: true,
    async act(world) {
      for (const relay of world.relays) {
        relay.stall();
      }
      await wait(STALL_MS);
      for (const relay of world.relays) {
        relay.resume();
      }
    },
  },
  {
    id: "reset",
    title: "two resets of all connections",
    windowMs: 4_000,
    keepsCalls: true,
    async act(world) {
      for (let i = 0; i < 2; i++) {
        if (i > 0) {
          await wait(RESETS_MS);
        }
        for (const relay of world.relays) {
          relay.reset();
        }
      }
    },
  },
  {
    id: "gap",
    title: `restart, SIGTERM, refused for ${GAP_MS} ms`,
    windowMs: 4_000,
    keepsCalls: true,
    prepare: (world) => world.startNext(),
    async act(world) {
      await Promise.all(world.relays.map((relay) => relay.refuse()));
      world.drain(world.takeNext());
      await wait(GAP_MS);
      await Promise.all(world.relays.map((relay) => relay.accept()));
    },
  },
  {
    id: "black-hole",
    title: "black hole, new connections work",
    windowMs: HOLE_WINDOW_MS,
    keepsCalls: true,
    recovers: true,
    async act(world) {
      for (const relay of world.relays) {
        relay.silence({ further: false });
      }
    },
    mend: bury,
  },
  {
    id: "blackout",
    title: `black hole, new ones too for ${BLACKOUT_MS} ms`,
    windowMs: HOLE_WINDOW_MS,
    keepsCalls: false,
    recovers: true,
    async act(world) {
      for (const relay of world.relays) {
        relay.silence({ further: true });
      }
      await wait(BLACKOUT_MS);
      for (const relay of world.relays) {
        relay.lighten();
      }
    },
    mend: bury,
  },
  {
    id: "rotation",
    title: "restart with a new authority for both sides",
    windowMs: 4_000,
    keepsCalls: true,
    async prepare(world) {
      world.rotate();
      await world.startNext();
    },
    async act(world) {
      world.drain(world.takeNext());
    },
    mend(world) {
      for (const client of world.clients) {
        client.renew();
      }
    },
  },
];
