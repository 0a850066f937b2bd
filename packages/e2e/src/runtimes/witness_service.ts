import { type ConnectRouter, createContextKey, type HandlerContext } from "@connectrpc/connect";
import { ConformanceService } from "@ameideio/conformance-proto";
import type { SeenCall } from "./program/seen.js";

/** Facts of the HTTP server about the connection of a call. */
export const connectionKey = createContextKey<Pick<SeenCall, "http" | "certificate">>({
  http: "",
});

type Text = { readonly text: string };

/**
 * The handlers of the witness. Unary methods answer with the witness's view of the call. Server
 * streams send as many messages as the request's text says, or stay open after the first for
 * `open <id>`. Client streams answer all texts, bidi streams every text as it comes.
 *
 * @param left - Called when a client left a stream that was open.
 */
export function witnessRoutes(left: (id: string) => void): (router: ConnectRouter) => void {
  const unary = (_: unknown, context: HandlerContext) => ({ text: report(context) });

  async function* serverStream({ text }: Text, context: HandlerContext): AsyncIterable<Text> {
    yield { text: report(context) };
    if (text.startsWith("open ")) {
      await aborted(context.signal);
      left(text.slice("open ".length));
      return;
    }
    for (let i = 2; i <= Number(text); i++) {
      yield { text: String(i) };
    }
  }

  async function clientStream(requests: AsyncIterable<Text>): Promise<Text> {
    const texts: string[] = [];
    for await (const { text } of requests) {
      texts.push(text);
    }
    return { text: texts.join(" ") };
  }

  async function* bidiStream(requests: AsyncIterable<Text>): AsyncIterable<Text> {
    for await (const { text } of requests) {
      yield { text: `echo ${text}` };
    }
  }

  return (router) =>
    void router.service(ConformanceService, {
      noSideEffects: unary,
      idempotent: unary,
      unknown: unary,
      unknownWithKey: unary,
      tenantRequired: unary,
      tenantForbidden: unary,
      withoutAuth: unary,
      serverStreamNoSideEffects: serverStream,
      serverStreamIdempotent: serverStream,
      clientStreamIdempotent: clientStream,
      bidiStreamIdempotent: bidiStream,
    });
}

function report(context: HandlerContext): string {
  const seen: SeenCall = {
    ...context.values.get(connectionKey),
    method: context.requestMethod,
    protocol: context.protocolName,
    headers: Object.fromEntries(context.requestHeader),
  };
  return JSON.stringify(seen);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}
