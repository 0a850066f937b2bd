import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import type { ConnectionFact, ExplainedValue } from "../config/explain.js";
import { BOUNDS } from "../policy/policy_table.js";
import { RecentMap } from "../runtime/recent_map.js";

/** Pool of connections to one origin. */
export interface Pool {
  readonly client: UniversalClientFn;
  /** Ends all connections; calls in flight fail. */
  close(): void;
  /** Accepts no further calls: lets connections end with the calls that they have. */
  letGo?(): void;
}

/** Facts that the SDK's connections depend on, besides the origin. */
export interface ConnectionFacts {
  /** Equal for clients that may share connections. It holds no secret. */
  readonly key: string;
  /** Entries for `explain`. */
  readonly explained: Readonly<Record<ConnectionFact, ExplainedValue>>;
}

/**
 * Connections of a client family, to the most recently used origins. Others are let go, not cut: a
 * call may be under way on them.
 */
export class ConnectionPools {
  private readonly pools = new RecentMap<string, Pool>(BOUNDS.maxOrigins, (pool) =>
    this.letGo(pool),
  );
  private released: WeakRef<Pool>[] = [];

  /** Returns the pool of a key, created if needed. */
  get(key: string, connect: () => Pool): Pool {
    return this.pools.get(key, connect);
  }

  /** Ends all connections, including those that were let go. */
  close(): void {
    for (const pool of [...this.pools.values(), ...this.released.map((each) => each.deref())]) {
      pool?.close();
    }
    this.pools.clear();
    this.released = [];
  }

  private letGo(pool: Pool): void {
    pool.letGo?.();
    // Some workers have no WeakRef; there, connections end with the request that made them.
    if (typeof WeakRef === "function") {
      this.released = this.released.filter((each) => each.deref() !== undefined);
      this.released.push(new WeakRef(pool));
    }
  }
}
