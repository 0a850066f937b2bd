import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { Streams } from "./stream_service.js";

/** What the server saw. */
export interface Seen {
  /** Headers of every call, in order. */
  readonly calls: Headers[];
  /** Stalled calls whose client went away. */
  aborted: number;
}

/** Handlers for every kind of method; the text of a request says what they do. */
export function streamRoutes(seen: Seen): (router: ConnectRouter) => void {
  const note = (context: HandlerContext) => void seen.calls.push(context.requestHeader);
  async function* count({ text }: { text: string }, context: HandlerContext) {
    note(context);
    context.responseHeader.set("x-head", "h");
    context.responseTrailer.set("x-tail", "t");
    const [to = "0", then = ""] = text.split(" ");
    for (let i = 1; i <= Number(to); i++) {
      yield { text: String(i) };
    }
    if (then === "fail") {
      throw new ConnectError("as asked", Code.Unavailable);
    }
    if (then === "stall") {
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      seen.aborted++;
    }
  }
  return (router) =>
    router.service(Streams, {
      echo: ({ text }, context) => {
        note(context);
        return { text };
      },
      count,
      countOnce: count,
      async join(messages, context) {
        note(context);
        const texts: string[] = [];
        for await (const { text } of messages) {
          texts.push(text);
        }
        return { text: texts.join() };
      },
      async *talk(messages, context) {
        note(context);
        context.responseHeader.set("x-head", "h");
        for await (const { text } of messages) {
          yield { text: `${text}!` };
        }
      },
    });
}

/** A real server of {@link Streams} for every protocol, closed when the test ends. */
export async function streamServer(
  httpVersion: "1.1" | "2",
): Promise<{ readonly url: string; readonly seen: Seen }> {
  const seen: Seen = { calls: [], aborted: 0 };
  const handler = connectNodeAdapter({ routes: streamRoutes(seen) });
  const sessions = new Set<http2.ServerHttp2Session>();
  const server =
    httpVersion === "2"
      ? http2.createServer(handler).on("session", (session) => void sessions.add(session))
      : http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    sessions.forEach((session) => session.destroy());
    if (server instanceof http.Server) {
      server.closeAllConnections();
    }
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
