import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A port that can be closed, so that the kernel refuses connects, and opened again. */
export class Listener {
  readonly host: string;
  private boundPort: number;
  private server: Server | undefined;
  private hold: Socket | undefined;
  private disposed = false;
  private queue: Promise<void> = Promise.resolve();

  constructor(
    host: string,
    port: number,
    private readonly onSocket: (socket: Socket) => void,
  ) {
    this.host = host;
    this.boundPort = port;
  }

  get port(): number {
    return this.boundPort;
  }

  /** Listens, unless it does already. Throws one line that says why it cannot. */
  open(): Promise<void> {
    return this.inOrder(async () => {
      if (this.server) {
        return;
      }
      const server = createServer({ noDelay: true }, this.onSocket);
      try {
        this.hold ??= await occupy(this.host, this.boundPort);
        this.boundPort = this.hold.localPort as number;
        server.listen({ host: this.host, port: this.boundPort });
        await once(server, "listening");
      } catch (reason) {
        throw new Error(explain(`${this.host}:${this.boundPort}`, reason), { cause: reason });
      }
      this.server = server;
    });
  }

  /** Closes the port. Accepted connections go on. */
  close(): Promise<void> {
    return this.inOrder(async () => this.stop());
  }

  /** Closes the port for good. */
  dispose(): void {
    this.disposed = true;
    this.stop();
    this.release();
  }

  /**
   * Runs one step after the other; resources that a step creates after `dispose` are released too.
   */
  private inOrder(step: () => Promise<void>): Promise<void> {
    const done = this.after(this.queue, step);
    this.queue = done.catch(() => {});
    return done;
  }

  private async after(previous: Promise<void>, step: () => Promise<void>): Promise<void> {
    await previous;
    if (this.disposed) {
      return;
    }
    await step();
    if (this.disposed) {
      this.dispose();
    }
  }

  private release(): void {
    this.hold?.resetAndDestroy();
    this.hold = undefined;
  }

  private stop(): void {
    this.server?.close();
    this.server = undefined;
  }
}

/**
 * Takes a port, any free one for 0, by a connection from it to a short-lived listener. While that
 * connection lives no other process is given the port, whether or not somebody listens there; a
 * port taken only once it is closed was lost to another process 1 time in 3000.
 */
async function occupy(host: string, port: number): Promise<Socket> {
  const target = createServer((socket) => {
    socket.on("error", () => {});
    socket.unref();
  });
  target.listen({ host, port: 0 });
  await once(target, "listening");
  const accepted = once(target, "connection");
  const hold = connect({
    host,
    port: (target.address() as AddressInfo).port,
    localAddress: host,
    localPort: port,
  });
  hold.unref();
  try {
    await once(hold, "connect");
    await accepted;
    return hold;
  } finally {
    hold.on("error", () => {});
    target.close();
  }
}

function explain(address: string, reason: unknown): string {
  const { code, message } = reason as NodeJS.ErrnoException;
  return code === "EADDRINUSE"
    ? `fault server: ${address} is in use; choose another port, or 0 for a free one`
    : `fault server: cannot listen on ${address}: ${message}`;
}
