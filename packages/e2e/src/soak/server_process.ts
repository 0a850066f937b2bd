import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Ports, ServerNews, ServerOrder } from "./server.js";
import { DRAIN_MS } from "./settings.js";

/** A server of the soak, seen from the harness. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly ports: Ports,
  ) {}

  /** @param starved - Hears of time that it does not have. */
  static async start(order: ServerOrder, starved: (ms: number) => void): Promise<ServerProcess> {
    const child = fork(new URL("./server.js", import.meta.url), { execArgv: [] });
    child.send(order);
    const died = once(child, "exit").then(([code]) => {
      throw new Error(`a server ended with ${String(code)} before it listened`);
    });
    const [news] = (await Promise.race([once(child, "message"), died])) as [ServerNews];
    died.catch(() => {});
    if (!("ports" in news)) {
      throw new Error("a server did not say where it listens");
    }
    child.on("message", (later: ServerNews) => {
      if ("starvedMs" in later) {
        starved(later.starvedMs);
      }
    });
    return new ServerProcess(child, news.ports);
  }

  /** Asks all clients to leave: GOAWAY, `connection: close`. */
  recycle(): void {
    this.child.send("recycle");
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  /** Drains it; false if it had to be killed after all. */
  async drain(): Promise<boolean> {
    const exit = once(this.child, "exit");
    this.child.kill("SIGTERM");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), DRAIN_MS);
    const [code] = (await exit) as [number | null];
    clearTimeout(timer);
    return code === 0;
  }
}
