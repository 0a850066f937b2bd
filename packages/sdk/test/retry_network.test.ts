import { type Action, createAuthority } from "@ameideio/fault-server";
import { startReferenceServer } from "@ameideio/reference-server";
import { Code, type Interceptor } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { failureOf, LEVELS } from "./harness/scripted_call.js";
import { attemptInfo } from "../src/index.js";
import { GOOD_ANSWER, HTTP_VERSIONS, received, wired } from "./harness/socket_call.js";

const ATTEMPTS_HEADER = "grpc-previous-rpc-attempts";
const RESET: Action = { reset: "after_read" };
const REFUSED_STREAM: Action = { rstStream: { code: "REFUSED_STREAM" } };

describe.each(HTTP_VERSIONS)("over HTTP/%s", (httpVersion) => {
  it("r05 unknown-level-refused-socket-transparent", async () => {
    // The port opens between the refused attempt and the next.
    const openForSecond: Interceptor = (next) => async (request) => {
      if (request.contextValues.get(attemptInfo)?.attempt === 2) {
        await server.open();
      }
      return next(request);
    };
    const { server, client, clock, events } = await wired({
      script: { attempts: [{ refuse: {} }], otherwise: GOOD_ANSWER },
      httpVersion,
      options: { interceptors: [openForSecond] },
    });
    await LEVELS.unknown(client);
    expect(received(server, ATTEMPTS_HEADER)).toEqual([null]);
    expect(clock.sleeps).toEqual([]);
    expect(events.find(({ type }) => type === "waiting")).toMatchObject({
      kind: "transparent",
      class: "NOT_SENT",
      delayMs: 0,
      budgetTokens: 495,
    });
  });

  it("r06 transparent-once-then-counted", async () => {
    const { client, clock } = await wired({ script: { attempts: [{ refuse: {} }] }, httpVersion });
    const error = await failureOf(LEVELS.unknown(client));
    expect(error).toMatchObject({ code: Code.Unavailable, origin: "transport" });
    expect(error.stopReason).toBe("attempts");
    expect(error.attempts.map((attempt) => [attempt.class, attempt.transparent])).toEqual([
      ["NOT_SENT", true],
      ["NOT_SENT", false],
      ["NOT_SENT", false],
      ["NOT_SENT", false],
    ]);
    expect(error.attempts.map(({ delayMs }) => delayMs)).toEqual([0, 25, 50, 0]);
    expect(clock.sleeps).toEqual([25, 50]);
  });

  it.each(["no_side_effects", "idempotent", "keyed"] as const)(
    "r07 reset-after-send-idempotent (%s)",
    async (level) => {
      const { server, client, clock, events } = await wired({
        script: { attempts: [RESET], otherwise: GOOD_ANSWER },
        httpVersion,
      });
      await LEVELS[level](client);
      expect(server.requests.map(({ read }) => read)).toEqual(["body", "body"]);
      expect(server.requests[1]?.bodySha256).toBe(server.requests[0]?.bodySha256);
      expect(received(server, ATTEMPTS_HEADER)).toEqual([null, "1"]);
      expect(clock.sleeps).toEqual([25]);
      expect(events.find(({ type }) => type === "attempt_failed")).toMatchObject({
        code: "unavailable",
        class: "AMBIGUOUS",
        sent: "maybe",
      });
    },
  );

  it("r08 reset-after-send-unknown-not-retried", async () => {
    const { server, client } = await wired({
      script: { attempts: [RESET], otherwise: GOOD_ANSWER },
      httpVersion,
    });
    const error = await failureOf(LEVELS.unknown(client));
    expect(error).toMatchObject({
      code: Code.Unavailable,
      origin: "transport",
      stopReason: "not_idempotent",
      attempts: [{ class: "AMBIGUOUS" }],
    });
    expect(server.requests).toHaveLength(1);
  });

  it("a reset on a connection that was idle is no proof that nothing was read", async () => {
    const { server, client } = await wired({
      script: { attempts: [GOOD_ANSWER, RESET], otherwise: GOOD_ANSWER },
      httpVersion,
    });
    await LEVELS.unknown(client);
    const error = await failureOf(LEVELS.unknown(client));
    expect(error).toMatchObject({
      stopReason: "not_idempotent",
      attempts: [{ class: "AMBIGUOUS" }],
    });
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1]);
    await LEVELS.unknown(client);
    expect(server.requests.at(-1)?.connection).toBe(2);
  });

  it("h17 hint-on-html-503-visible-in-all-runtimes", async () => {
    const busy: Action = {
      respond: {
        status: 503,
        headers: [
          ["content-type", "text/html"],
          ["retry-after", "1"],
        ],
        body: { text: "<html>busy</html>" },
      },
    };
    const script = { attempts: [busy], otherwise: GOOD_ANSWER };
    const { server, client, clock, events } = await wired({ script, httpVersion });
    await LEVELS.idempotent(client);
    expect(events.find(({ type }) => type === "attempt_failed")).toMatchObject({
      httpStatus: 503,
      retryAfterMs: 1000,
      class: "TRANSIENT",
    });
    expect(clock.sleeps).toEqual([1050]);
    expect(server.requests).toHaveLength(2);
  });

  describe("r18 cert-error-no-retry", () => {
    const authority = createAuthority();
    const { cert: ca } = authority;
    const hosts = ["127.0.0.1"];
    const DAY = 86_400_000;
    const cases = {
      "of an authority nobody trusts": authority.issue({ hosts }),
      expired: { ca, ...authority.issue({ hosts, notAfter: new Date(Date.now() - DAY) }) },
      "not yet valid": { ca, ...authority.issue({ hosts, notBefore: new Date(Date.now() + DAY) }) },
      "of another host": { ca, ...authority.issue({ hosts: ["elsewhere.test"] }) },
    };
    it.each(Object.entries(cases))("r18 cert-error-no-retry: %s", async (_name, tls) => {
      const script = { otherwise: GOOD_ANSWER };
      const { server, client, events } = await wired({ script, httpVersion, tls });
      const error = await failureOf(LEVELS.no_side_effects(client));
      expect(events.find(({ type }) => type === "attempt_failed")).toMatchObject({ sent: "no" });
      expect(error).toMatchObject({
        code: Code.Unavailable,
        origin: "transport",
        stopReason: "not_retryable",
        retryable: false,
        attempts: [{ class: "NEVER" }],
      });
      expect(error.explanation).toContain("certificate was refused");
      expect(server.connections).toBe(1);
      expect(server.requests).toHaveLength(0);
    });

    it("r18 control: a good certificate", async () => {
      const script = { otherwise: GOOD_ANSWER };
      const tls = { ca, ...authority.issue({ hosts }) };
      const { server, client } = await wired({ script, httpVersion, tls });
      await LEVELS.no_side_effects(client);
      expect(server.requests).toMatchObject([{ httpVersion }]);
    });

    it("a handshake that breaks off was not sent, and can be counted", async () => {
      const tls = { ca, ...authority.issue({ hosts }) };
      const attempts: Action[] = [{ reset: "on_connect" }, { reset: "on_connect" }];
      const script = { attempts, otherwise: GOOD_ANSWER };
      const { server, client, clock } = await wired({ script, httpVersion, tls });
      await LEVELS.unknown(client);
      expect(server.requests.map(({ read }) => read)).toEqual(["nothing", "nothing", "body"]);
      expect(received(server, ATTEMPTS_HEADER)).toEqual([null, null, "1"]);
      expect(clock.sleeps).toEqual([25]);
    });
  });

  it("a request the server acted on before the reset is billed once", async () => {
    const upstream = await startReferenceServer();
    onTestFinished(() => upstream.close());
    const { server, client } = await wired({
      script: {
        attempts: [{ forward: { cut: { after: "nothing", how: "reset" } } }],
        otherwise: { forward: {} },
      },
      httpVersion,
      upstream: upstream.url,
    });
    await LEVELS.keyed(client);
    expect(server.requests).toHaveLength(2);
    expect(received(server, "idempotency-key")[1]).toBe(received(server, "idempotency-key")[0]);
    expect(upstream.usageRecords()).toHaveLength(1);
  });
});

describe("HTTP/2 says of a stream whether it was processed", () => {
  it("r06 REFUSED_STREAM: transparent once, then counted", async () => {
    const { server, client, clock } = await wired({
      script: { attempts: [REFUSED_STREAM, REFUSED_STREAM], otherwise: GOOD_ANSWER },
      httpVersion: "2",
    });
    await LEVELS.unknown(client);
    expect(received(server, ATTEMPTS_HEADER)).toEqual([null, null, "1"]);
    expect(clock.sleeps).toEqual([25]);
  });

  it("GOAWAY with a stream id below ours: not sent", async () => {
    const { server, client, events } = await wired({
      script: { attempts: [{ goaway: { lastStream: "before" } }], otherwise: GOOD_ANSWER },
      httpVersion: "2",
    });
    await LEVELS.unknown(client);
    expect(server.requests).toHaveLength(2);
    expect(events.find(({ type }) => type === "attempt_failed")).toMatchObject({
      class: "NOT_SENT",
      sent: "no",
    });
  });

  it("GOAWAY with ours: maybe acted on", async () => {
    const { server, client } = await wired({
      script: { attempts: [{ goaway: { lastStream: "this" } }], otherwise: GOOD_ANSWER },
      httpVersion: "2",
    });
    const error = await failureOf(LEVELS.unknown(client));
    expect(error.attempts).toMatchObject([{ class: "AMBIGUOUS" }]);
    expect(server.requests).toHaveLength(1);
  });
});
