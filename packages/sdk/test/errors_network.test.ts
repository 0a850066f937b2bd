import type { Action } from "@ameideio/fault-server";
import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { nodeError } from "./harness/scripted_client.js";
import { failureOf, LEVELS, scripted } from "./harness/scripted_call.js";
import { GOOD_ANSWER, HTTP_VERSIONS, wired } from "./harness/socket_call.js";
import type { Origin, RetryClass, Sent } from "../src/index.js";

interface Expected {
  readonly code: Code;
  readonly origin: Origin;
  readonly sent: Sent;
  readonly class: RetryClass;
}

const NOT_SENT: Expected = {
  code: Code.Unavailable,
  origin: "transport",
  sent: "no",
  class: "NOT_SENT",
};
const AMBIGUOUS: Expected = { ...NOT_SENT, sent: "maybe", class: "AMBIGUOUS" };
const UNREADABLE: Expected = {
  code: Code.Internal,
  origin: "client",
  sent: "yes",
  class: "NEVER",
};
const OTHER_TYPE: Expected = { ...UNREADABLE, code: Code.Unknown };

const proto = (text: string) => ({
  status: 200,
  headers: [["content-type", "application/proto"]] as const,
  body: { text },
});

const MATRIX: readonly [name: string, action: Action, expected: Expected][] = [
  ["reset after its head", { reset: "after_head" }, AMBIGUOUS],
  ["closed before it was read", { fin: "before_read" }, AMBIGUOUS],
  ["closed after its head", { fin: "after_head" }, AMBIGUOUS],
  ["reset after the head", cut("head", "reset"), AMBIGUOUS],
  ["closed after the head", cut("head", "fin"), AMBIGUOUS],
  ["a 200 of no content type", { respond: { status: 200 } }, OTHER_TYPE],
];

const HTTP2_MATRIX: typeof MATRIX = [
  ["REFUSED_STREAM late", { rstStream: { code: "REFUSED_STREAM", at: "after_read" } }, NOT_SENT],
  ["CANCEL", { rstStream: { code: "CANCEL" } }, AMBIGUOUS],
  ["INTERNAL_ERROR", { rstStream: { code: "INTERNAL_ERROR" } }, AMBIGUOUS],
  ["ENHANCE_YOUR_CALM", { rstStream: { code: "ENHANCE_YOUR_CALM" } }, AMBIGUOUS],
  ["NO_ERROR without an answer", { rstStream: { code: "NO_ERROR" } }, AMBIGUOUS],
  ["NO_ERROR after all of it", { rstStream: { code: "NO_ERROR", at: "after_read" } }, AMBIGUOUS],
  ["GOAWAY below it, then reset", { goaway: { lastStream: "before", how: "reset" } }, NOT_SENT],
  ["GOAWAY of it", { goaway: { lastStream: "this" } }, AMBIGUOUS],
  ["a stream reset mid-body", cut("half", { rstStream: "INTERNAL_ERROR" }), AMBIGUOUS],
];

function cut(
  after: "head" | "half",
  how: "reset" | "fin" | { rstStream: "INTERNAL_ERROR" },
): Action {
  return { respond: { ...proto("0123456789"), cut: { after, how } } };
}

async function outcome(action: Action, httpVersion: (typeof HTTP_VERSIONS)[number]) {
  const { client, events } = await wired({
    script: { attempts: [action], otherwise: GOOD_ANSWER },
    httpVersion,
    options: { retry: false, readMaxBytes: 1_000 },
  });
  const error = await failureOf(LEVELS.idempotent(client));
  const { code, origin } = error;
  expect(events.map(({ type }) => type)).toEqual(["attempt_started", "attempt_failed", "done"]);
  const failed = events.find((event) => event.type === "attempt_failed");
  return { code, origin, sent: failed?.sent, class: failed?.class };
}

// What the scripts of the suite cannot do to a connection.
describe("a network failure", () => {
  for (const httpVersion of HTTP_VERSIONS) {
    it.each(MATRIX)(`HTTP/${httpVersion}: %s`, async (_name, action, expected) => {
      expect(await outcome(action, httpVersion)).toEqual(expected);
    });
  }

  it.each(HTTP2_MATRIX)("HTTP/2: %s", async (_name, action, expected) => {
    expect(await outcome(action, "2")).toEqual(expected);
  });

  // What no local server can do.
  it.each<[code: string, askBody: boolean, expected: Expected]>([
    ["ENOTFOUND", false, NOT_SENT],
    ["EAI_AGAIN", false, NOT_SENT],
    ["EHOSTUNREACH", false, NOT_SENT],
    ["ENETUNREACH", false, NOT_SENT],
    ["ETIMEDOUT", false, NOT_SENT],
    ["ETIMEDOUT", true, AMBIGUOUS],
    ["EPIPE", true, AMBIGUOUS],
    ["ERR_HTTP2_SESSION_ERROR", true, AMBIGUOUS],
  ])("in memory: %s, body asked: %s", async (code, askBody, expected) => {
    const { client, events } = scripted({
      answers: [{ error: nodeError(code), askBody }],
      options: { retry: false },
    });
    const error = await failureOf(LEVELS.idempotent(client));
    const failed = events.find((event) => event.type === "attempt_failed");
    const { sent, class: retryClass } = failed ?? {};
    expect({ code: error.code, origin: error.origin, sent, class: retryClass }).toEqual(expected);
  });
});
