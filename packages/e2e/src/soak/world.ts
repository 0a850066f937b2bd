import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authority, createAuthority } from "@ameideio/fault-server";
import type { Material } from "./caller.js";
import { ClientProcess, type Starved } from "./client_process.js";
import type { Column } from "./columns.js";
import { Delay } from "./delay.js";
import type { Plant } from "./plant.js";
import { nowMs } from "./records.js";
import type { Relay } from "./relay.js";
import { ServerProcess } from "./server_process.js";

const ASK_MS = 250;
const SERVER_HOSTS = ["127.0.0.1", "localhost"];

/** Parts of a world. */
export interface WorldOptions {
  readonly columns: readonly Column[];
  /** Workers of each client. */
  readonly workers: number;
  readonly plant: Plant | undefined;
}

/** Servers, relays and clients of a run. */
export class World {
  /** Servers that did not end by themselves when they were drained. */
  undrained = 0;
  /** Time that the servers and the relays did not have. */
  readonly starved: Starved[] = [];
  private delay = new Delay();
  private asking: NodeJS.Timeout | undefined;
  private authority: Authority = createAuthority("soak 0");
  private authorities = 1;
  private servers = 0;
  private currentServer: ServerProcess | undefined;
  private next: ServerProcess | undefined;
  private drains: Promise<void>[] = [];

  private constructor(
    private readonly folder: string,
    readonly clients: readonly ClientProcess[],
  ) {}

  static async open(options: WorldOptions): Promise<World> {
    const { columns, workers, plant } = options;
    const folder = await mkdtemp(join(tmpdir(), "ameide-soak-"));
    const clients = await Promise.all(columns.map((column) => ClientProcess.fork(column)));
    const world = new World(folder, clients);
    await world.startNext();
    world.takeNext();
    const material = world.material(world.authority);
    // The relays are in this process.
    world.delay.start();
    world.asking = setInterval(() => {
      world.starved.push({ who: "relays", at: nowMs(), ms: world.delay.take() });
    }, ASK_MS);
    for (const client of clients) {
      client.begin({ material, workers, plant });
    }
    return world;
  }

  get relays(): readonly Relay[] {
    return this.clients.map(({ relay }) => relay);
  }

  /** The server that new connections go to. */
  get current(): ServerProcess {
    if (this.currentServer === undefined) {
      throw new Error("no server was started");
    }
    return this.currentServer;
  }

  /** Starts the next server; it listens when this resolves, and gets no clients yet. */
  async startNext(): Promise<void> {
    const authority = this.authority;
    const who = `server ${this.servers++}`;
    this.next = await ServerProcess.start(
      {
        certificate: authority.issue({ hosts: SERVER_HOSTS }),
        clientAuthority: authority.cert,
        journal: join(this.folder, who),
      },
      (ms) => this.starved.push({ who, at: nowMs(), ms }),
    );
  }

  /** Sends new connections to the next server. @returns the one before. */
  takeNext(): ServerProcess | undefined {
    const before = this.currentServer;
    this.currentServer = this.next;
    for (const { relay, column } of this.clients) {
      relay.target = this.current.ports[column.httpVersion];
    }
    return before;
  }

  /** Drains a server in the background. */
  drain(server: ServerProcess | undefined): void {
    if (server === undefined) {
      return;
    }
    const drained = async () => {
      if (!(await server.drain())) {
        this.undrained += 1;
      }
    };
    this.drains.push(drained());
  }

  /** A new authority: the next server is of it, and lets in its clients alone. */
  rotate(): void {
    const before = this.authority;
    this.authority = createAuthority(`soak ${this.authorities++}`);
    const material = this.material(this.authority);
    const ca = `${before.cert}${material.ca}`;
    for (const client of this.clients) {
      client.take({ ...material, ca });
    }
  }

  /** How often each call was executed that was so more than once. */
  async executedTwice(): Promise<readonly string[]> {
    const seen = new Set<string>();
    const twice: string[] = [];
    for (const name of await readdir(this.folder)) {
      const journal = await readFile(join(this.folder, name), "utf8");
      for (const text of journal.split("\n")) {
        if (text === "") {
          continue;
        }
        if (seen.has(text)) {
          twice.push(text);
        }
        seen.add(text);
      }
    }
    return twice;
  }

  /** Drains the current servers. */
  async settle(): Promise<void> {
    this.drain(this.currentServer);
    await Promise.all(this.drains);
  }

  /** Ends everything, including processes that did not end by themselves. */
  async close(): Promise<void> {
    clearInterval(this.asking);
    this.delay.stop();
    for (const client of this.clients) {
      client.kill();
    }
    for (const server of [this.currentServer, this.next]) {
      server?.kill();
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private material(authority: Authority): Material {
    return { ...authority.issue({ hosts: ["client"] }), ca: authority.cert };
  }
}
