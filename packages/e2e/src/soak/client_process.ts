import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Material } from "./caller.js";
import type { ClientEnd, ClientNews, ClientOrder } from "./client.js";
import type { Column } from "./columns.js";
import { type CallRecord, nowMs } from "./records.js";
import { Relay } from "./relay.js";

/** How long a process has to end once nothing is asked of it any more. */
const LEAVE_MS = 3_000;

type BeginOrder = Extract<ClientOrder, { readonly do: "begin" }>;

/** Result of a client at the end. */
export interface ClientSeen extends ClientEnd {
  /** Exit code of its process; null if it had to be killed. */
  readonly code: number | null;
  /** Connections the relay still had open when everything was closed. */
  readonly open: number;
}

/** Time a process did not have, and until when that was found out. */
export interface Starved {
  /** The server, or the process of the relays; absent for a client. */
  readonly who?: string;
  readonly at: number;
  readonly ms: number;
}

/** A client with its relay, seen from the harness. */
export class ClientProcess {
  readonly calls: CallRecord[] = [];
  readonly starved: Starved[] = [];
  /** Heap in use, each time it was looked at. */
  readonly heap: number[] = [];
  private clientEnd: ClientEnd | undefined;
  private told = new EventTarget();

  private constructor(
    readonly column: Column,
    readonly relay: Relay,
    private readonly child: ChildProcess,
  ) {
    child.on("message", (news: ClientNews) => this.hear(news));
    child.once("exit", () => this.told.dispatchEvent(new Event("end")));
  }

  static async fork(column: Column): Promise<ClientProcess> {
    const relay = await Relay.open();
    const child = fork(new URL("./client.js", import.meta.url), {
      // Without the compilers: their code for hot functions is on the heap too. Warnings are
      // reported at the end, for each client.
      execArgv: ["--expose-gc", "--no-opt", "--no-sparkplug", "--no-warnings"],
      env: { ...process.env, NO_PROXY: "*", no_proxy: "*" },
    });
    return new ClientProcess(column, relay, child);
  }

  begin(given: Pick<BeginOrder, "material" | "workers" | "plant">): void {
    const { column, relay } = this;
    this.say({ do: "begin", column, port: relay.port, ...given });
  }

  take(material: Material): void {
    this.say({ do: "take", material });
  }

  renew(): void {
    this.say({ do: "renew" });
  }

  weigh(): void {
    this.say({ do: "weigh" });
  }

  /** Lets it finish and close, and examines what remains. @throws Error if the process is gone. */
  async end(): Promise<ClientSeen> {
    const told = once(this.told, "end");
    this.say({ do: "end" });
    await told;
    // Connections closed by the client are closed here a moment later.
    for (let look = 0; look < 100 && this.relay.open > 0; look++) {
      await wait(10);
    }
    const { open } = this.relay;
    const exit = once(this.child, "exit");
    this.child.disconnect();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), LEAVE_MS);
    const [code] = (await exit) as [number | null];
    clearTimeout(timer);
    this.relay.close();
    if (this.clientEnd === undefined) {
      throw new Error(`${this.column.title} told of no end`);
    }
    return { ...this.clientEnd, code, open };
  }

  kill(): void {
    this.child.kill("SIGKILL");
    this.relay.close();
  }

  private say(order: ClientOrder): void {
    if (!this.child.connected) {
      throw new Error(`${this.column.title}: the process is gone`);
    }
    this.child.send(order);
  }

  private hear(news: ClientNews): void {
    if ("calls" in news) {
      this.calls.push(...news.calls);
      this.starved.push({ at: nowMs(), ms: news.starvedMs });
    } else if ("heap" in news) {
      this.heap.push(news.heap);
    } else {
      this.clientEnd = news.end;
      this.told.dispatchEvent(new Event("end"));
    }
  }
}
