import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Relay } from "../../src/soak/relay.js";

describe("the relay", () => {
  let echo: Server;
  let relay: Relay;
  let clients: Socket[];

  beforeEach(async () => {
    clients = [];
    echo = createServer((socket) => socket.on("error", () => {}).pipe(socket));
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    relay = await Relay.open();
    relay.target = (echo.address() as AddressInfo).port;
  });

  afterEach(() => {
    for (const client of clients) {
      client.destroy();
    }
    relay.close();
    echo.close();
  });

  it("passes on what both sides say, and their ends", async () => {
    const client = await join();
    expect(await ask(client, "hello")).toBe("hello");
    client.end();
    await once(client, "close");
    await none();
    expect(relay.accepted).toBe(1);
  });

  it("resets", async () => {
    const client = await join();
    await ask(client, "hello");
    const broken = once(client, "error");
    relay.reset();
    expect((await broken)[0]).toMatchObject({ code: "ECONNRESET" });
    await none();
  });

  it("holds back, and loses nothing", async () => {
    const client = await join();
    await ask(client, "hello");
    relay.stall();
    const late = ask(client, "late");
    const other = join().then((socket) => ask(socket, "new"));
    expect(await Promise.race([late, other, turns()])).toBe("nothing");
    relay.resume();
    expect(await Promise.all([late, other])).toEqual(["late", "new"]);
  });

  it("is a black hole for connections that are there, and serves new ones", async () => {
    const client = await join();
    await ask(client, "hello");
    relay.silence({ further: false });
    const lost = ask(client, "lost").catch(({ code }: NodeJS.ErrnoException) => code);
    expect(await ask(await join(), "new")).toBe("new");
    expect(await Promise.race([lost, turns()])).toBe("nothing");
    relay.bury();
    expect(await lost).toBe("ECONNRESET");
  });

  it("is a black hole for new ones, too, until it is lightened", async () => {
    relay.silence({ further: true });
    const dark = await join();
    const lost = ask(dark, "lost");
    expect(await Promise.race([lost, turns()])).toBe("nothing");
    relay.lighten();
    expect(await ask(await join(), "new")).toBe("new");
    expect(await Promise.race([lost, turns()])).toBe("nothing");
  });

  it("refuses, and accepts at the same port", async () => {
    const { port } = relay;
    await relay.refuse();
    await expect(join()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await relay.accept();
    expect(relay.port).toBe(port);
    expect(await ask(await join(), "back")).toBe("back");
  });

  async function join(): Promise<Socket> {
    const socket = connect({ port: relay.port, host: "127.0.0.1" });
    clients.push(socket);
    await once(socket, "connect");
    socket.on("error", () => {});
    return socket;
  }

  async function none(): Promise<void> {
    while (relay.open > 0) {
      await new Promise(setImmediate);
    }
  }
});

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return answer.toString();
}

// What is not there after another connection was served, and many turns, does not come.
async function turns(): Promise<string> {
  for (let i = 0; i < 200; i++) {
    await new Promise(setImmediate);
  }
  return "nothing";
}
