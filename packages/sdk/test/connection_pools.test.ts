import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { afterEach, expect, it } from "vitest";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import type { CallEvent } from "../src/index.js";
import { createAmeideTransport } from "../src/node.js";

let server: http.Server | undefined;

afterEach(() => server?.close());

/** A server that every address of this machine leads to, and its sockets by the address. */
async function everywhere(respond: http.RequestListener) {
  const sockets = new Map<string, Set<Socket>>();
  const made = http.createServer(respond);
  server = made;
  made.on("connection", (socket) => {
    const of = sockets.get(String(socket.localAddress)) ?? new Set();
    sockets.set(String(socket.localAddress), of.add(socket));
    socket.on("close", () => of.delete(socket));
  });
  await new Promise<void>((listening) => made.listen(0, "0.0.0.0", listening));
  const { port } = made.address() as AddressInfo;
  const open = () => [...sockets.values()].reduce((sum, { size }) => sum + size, 0);
  return { url: (i: number) => `http://127.0.1.${i}:${port}`, open, sockets };
}

it.runIf(process.platform === "linux")(
  "connections and budgets are kept for 100 origins, and close() ends those let go, too",
  async () => {
    let busy = (_response: http.ServerResponse) => {};
    const slow = new Promise<http.ServerResponse>((resolve) => (busy = resolve));
    const { url, open, sockets } = await everywhere((request, response) => {
      request.resume();
      response.setHeader("content-type", "application/proto");
      if (request.headers["x-slow"] === "1") {
        busy(response);
      } else if (request.headers["x-fail"] === "1") {
        response.writeHead(503).end();
      } else {
        response.end();
      }
    });
    const budgets: number[] = [];
    const first = createAmeideTransport({
      baseUrl: url(1),
      allowInsecureLoopback: true,
      telemetry: false,
      tenant: "acme",
      retry: { baseDelayMs: 1 },
      observer: (event: CallEvent) => {
        if ("budgetTokens" in event) {
          budgets.push(event.budgetTokens);
        }
      },
    });
    const of = (i: number) =>
      createClient(
        ThreadsService,
        i === 1 ? first : first.with({ baseUrl: url(i), tenant: "acme" }),
      );
    const failing = createClient(ThreadsService, first.with({ headers: { "x-fail": "1" } }));
    await failing.getThread({ threadId: "t1" }).catch(() => {});
    const spent = budgets.at(-1) ?? 0;
    const underWay = of(1).getThread({ threadId: "t1" }, { headers: { "x-slow": "1" } });
    const response = await slow;
    for (let i = 2; i <= 100; i++) {
      await of(i).getThread({ threadId: "t1" });
    }
    await createClient(ThreadsService, first.with({})).getThread({ threadId: "t1" });
    expect(budgets.at(-1)).toBe(spent + 1);
    for (let i = 2; i <= 101; i++) {
      await of(i).getThread({ threadId: "t1" });
    }
    // What was let go still serves the call that is under way.
    response.end();
    await underWay;
    await createClient(ThreadsService, first.with({})).getThread({ threadId: "t1" });
    expect(budgets.at(-1)).toBe(500);
    expect(sockets.get("127.0.1.1")?.size).toBeGreaterThan(1);
    first.close();
    for (let i = 0; open() > 0 && i < 100; i++) {
      await sleep(10);
    }
    expect(open()).toBe(0);
  },
  60_000,
);
