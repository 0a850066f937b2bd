import { connect, type Socket } from "node:net";
import { Listener } from "@ameideio/fault-server";

interface Pair {
  readonly client: Socket;
  readonly server: Socket | undefined;
  silent: boolean;
}

/**
 * Passes TCP connections on, as a balancer or a router on the way does, and can do what those do on
 * a bad day.
 */
export class Relay {
  /** Port to pass to; only connections that are new come to it. */
  target = 0;
  /** Connections made to it so far. */
  accepted = 0;
  private pairs = new Set<Pair>();
  private readonly listener = new Listener("127.0.0.1", 0, (client) => this.join(client));
  private stalled = false;
  private dark = false;

  private constructor() {}

  static async open(): Promise<Relay> {
    const relay = new Relay();
    await relay.accept();
    return relay;
  }

  get port(): number {
    return this.listener.port;
  }

  /** Connections that clients have open. */
  get open(): number {
    return this.pairs.size;
  }

  /** Takes connections again, at the same port. */
  async accept(): Promise<void> {
    await this.listener.open();
  }

  /** Takes no further connection: it is refused. Those that are there stay. */
  async refuse(): Promise<void> {
    await this.listener.close();
  }

  /** Breaks all connections, at both ends. */
  reset(): void {
    for (const { client, server } of this.pairs) {
      breakOff(client);
      breakOff(server);
    }
  }

  /** Holds back arriving data, and loses nothing. */
  stall(): void {
    this.stalled = true;
    for (const { client, server } of this.pairs) {
      client.pause();
      server?.pause();
    }
  }

  resume(): void {
    this.stalled = false;
    for (const { client, server } of this.pairs) {
      client.resume();
      server?.resume();
    }
  }

  /**
   * Makes a black hole: data sent on existing connections is lost for good, and neither side is
   * told, not even of a close.
   *
   * @param options.further - True if connections made from now on are lost too, until `lighten`.
   */
  silence({ further }: { readonly further: boolean }): void {
    this.dark = further;
    for (const pair of this.pairs) {
      pair.silent = true;
    }
  }

  /** Passes data of new connections on again. */
  lighten(): void {
    this.dark = false;
  }

  /** Breaks the connections that are silent. */
  bury(): void {
    for (const { client, server, silent } of this.pairs) {
      if (!silent) {
        continue;
      }
      breakOff(client);
      breakOff(server);
    }
  }

  close(): void {
    this.listener.dispose();
    for (const { client, server } of this.pairs) {
      client.destroy();
      server?.destroy();
    }
  }

  private join(client: Socket): void {
    this.accepted += 1;
    const silent = this.dark;
    const server = silent ? undefined : connect({ port: this.target, host: "127.0.0.1" });
    server?.setNoDelay(true);
    const pair: Pair = { client, server, silent };
    this.pairs.add(pair);
    client.once("close", () => {
      this.pairs.delete(pair);
      // The client's side of a silent connection is not reported either, but nothing waits for it.
      if (pair.silent) {
        breakOff(server);
      }
    });
    pass(pair, client, () => pair.server);
    if (server !== undefined) {
      pass(pair, server, () => pair.client);
    }
    if (this.stalled) {
      client.pause();
      server?.pause();
    }
  }
}

function pass(pair: Pair, from: Socket, to: () => Socket | undefined): void {
  from.on("data", (chunk) => {
    if (!pair.silent) {
      to()?.write(chunk);
    }
  });
  from.once("end", () => {
    if (!pair.silent) {
      to()?.end();
    }
  });
  from.once("error", () => {
    if (!pair.silent) {
      breakOff(to());
    }
  });
}

// Node.js neither resets nor closes a socket that is being shut down when it is reset.
function breakOff(socket: Socket | undefined): void {
  if (socket === undefined || socket.destroyed) {
    return;
  }
  if (socket.writableEnded) {
    socket.destroy();
  } else {
    socket.resetAndDestroy();
  }
}
