import {
  type FaultServer,
  type RecordedRequest,
  type Script,
  startFaultServer,
} from "@ameideio/fault-server";
import {
  type ReferenceServer,
  type ReferenceServerOptions,
  startReferenceServer,
} from "@ameideio/reference-server";

const MOUNT = "api";

/** Behavior of the servers of a trial. */
export interface WorldOptions {
  /**
   * Returns the script of the fault server in front of the reference server.
   *
   * @param otherHost - Base URL of a second server, under another host name.
   */
  script(otherHost: string): Script;
  /** Script that replaces it some time after the first request. */
  readonly later?: { readonly afterMs: number; readonly script: Script };
  /** Options of the reference server. */
  readonly reference?: ReferenceServerOptions;
}

/** Counts of the servers. */
export interface ServerCounts {
  /** Calls that reached the reference server, by name of the method. */
  readonly calls: Readonly<Record<string, number>>;
  /** Uses it recorded, and bills. */
  readonly billed: number;
  /** Requests to the second host. */
  readonly otherHost: number;
}

/** The servers of one trial, on sockets of their own. */
export class World {
  private constructor(
    private readonly reference: ReferenceServer,
    private readonly faults: FaultServer,
    private readonly other: FaultServer,
    /** Address that clients call: the fault server. */
    readonly url: string,
    private readonly timers: Set<NodeJS.Timeout>,
  ) {}

  static async open(options: WorldOptions): Promise<World> {
    const reference = await startReferenceServer(options.reference);
    const other = await startFaultServer();
    const timers = new Set<NodeJS.Timeout>();
    const { later } = options;
    const faults: FaultServer = await startFaultServer({
      upstream: reference.url,
      onRequest() {
        if (later === undefined || timers.size > 0) {
          return;
        }
        timers.add(setTimeout(() => faults.mount(MOUNT, later.script), later.afterMs));
      },
    });
    const { url } = faults.mount(MOUNT, options.script(`http://localhost:${other.port}`));
    return new World(reference, faults, other, url, timers);
  }

  /** Base URL of the reference server, past all faults. */
  get directUrl(): string {
    return this.reference.url;
  }

  /** Requests that the fault server saw so far. */
  get requests(): readonly RecordedRequest[] {
    return this.faults.requests;
  }

  /** Returns the counts so far. */
  counts(): ServerCounts {
    const calls = Object.entries(this.reference.calls()).map(([name, count]) => [
      name.slice(name.lastIndexOf("/") + 1),
      count,
    ]);
    return {
      calls: Object.fromEntries(calls) as Record<string, number>,
      billed: this.reference.usageRecords().length,
      otherHost: this.other.requests.length,
    };
  }

  async close(): Promise<void> {
    for (const timer of this.timers) {
      clearTimeout(timer);
    }
    await Promise.all([this.faults.close(), this.other.close()]);
    await this.reference.close();
  }
}

/** Returns the counts between two moments; methods that were not called are left out. */
export function difference(before: ServerCounts, after: ServerCounts): ServerCounts {
  const calls = Object.entries(after.calls)
    .map(([name, count]) => [name, count - (before.calls[name] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  return {
    calls: Object.fromEntries(calls),
    billed: after.billed - before.billed,
    otherHost: after.otherHost - before.otherHost,
  };
}
