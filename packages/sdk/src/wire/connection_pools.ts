import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import type { ConnectionFact, ExplainedValue } from "../config/explain.js";
import { BOUNDS } from "../policy/policy_table.js";
import { RecentMap } from "../runtime/recent_map.js";

/** Connections to one origin. */
export interface Pool {
  readonly client: UniversalClientFn;
  /** Ends all connections; calls in flight fail. */
  close(): void;
  /** No further call comes: lets connections end with the calls that they have. */
  letGo?(): void;
}

/** What connections of ours depend on beside the origin. */
export interface ConnectionFacts {
  /** The same for clients that may share connections. No secret stands in it. */
  readonly key: string;
  /** For `explain`. */
  readonly explained: Readonly<Record<ConnectionFact, ExplainedValue>>;
}

/**
 * The connections of a client family: those to the origins used last. Others are
 * let go, not cut: a call may be under way on them.
 */
export class ConnectionPools {
  private readonly pools = new RecentMap<string, Pool>(BOUNDS.maxOrigins, (pool) =>
    this.letGo(pool),
  );
  private released: WeakRef<Pool>[] = [];

  /** The pool of a key, made where there is none. */
  get(key: string, connect: () => Pool): Pool {
    return this.pools.get(key, connect);
  }

  /** Ends all connections, also those that were let go. */
  close(): void {
    for (const pool of [...this.pools.values(), ...this.released.map((each) => each.deref())]) {
      pool?.close();
    }
    this.pools.clear();
    this.released = [];
  }

  private letGo(pool: Pool): void {
    pool.letGo?.();
    // Some workers have none; there, requests end with what began them.
    if (typeof WeakRef === "function") {
      this.released = this.released.filter((each) => each.deref() !== undefined);
      this.released.push(new WeakRef(pool));
    }
  }
}
