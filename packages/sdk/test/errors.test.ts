import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
} from "@ameideio/core-proto/google/rpc";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { type Answer, connectError, nodeError } from "./harness/scripted_client.js";
import { detail, failureOf, GOOD, LEVELS, scripted, unavailable } from "./harness/scripted_call.js";
import { AmeideError, type AmeideOptions, isAmeideError } from "../src/index.js";
import { createVirtualClock } from "../src/testing.js";

async function errorFor(answer: Answer, options: AmeideOptions = {}): Promise<AmeideError> {
  return failureOf(LEVELS.unknown(scripted({ answers: [answer], options }).client));
}

function withDetails(...details: readonly object[]): Answer {
  return connectError("failed_precondition", 400, {}, { details });
}

describe("details", () => {
  const info = detail(ErrorInfoSchema, {
    reason: "QUOTA",
    domain: "acme.test",
    metadata: { limit: "10" },
  });

  it("e01 errorinfo-promoted", async () => {
    expect(await errorFor(withDetails(info))).toMatchObject({
      reason: "QUOTA",
      domain: "acme.test",
      reasonMetadata: { limit: "10" },
    });
    expect(await errorFor(withDetails())).toMatchObject({
      reason: undefined,
      domain: undefined,
      reasonMetadata: {},
    });
  });

  it("e02 badrequest-violations", async () => {
    const bad = detail(BadRequestSchema, {
      fieldViolations: [
        { field: "title", description: "too long" },
        { field: "messages[0]", description: "empty" },
      ],
    });
    expect((await errorFor(withDetails(bad))).fieldViolations).toEqual([
      { field: "title", description: "too long" },
      { field: "messages[0]", description: "empty" },
    ]);
    expect((await errorFor(withDetails(info))).fieldViolations).toEqual([]);
  });

  it("e02 quota and precondition violations too", async () => {
    const error = await errorFor(
      withDetails(
        detail(QuotaFailureSchema, { violations: [{ subject: "team:a", description: "used up" }] }),
        detail(PreconditionFailureSchema, {
          violations: [{ type: "TOS", subject: "acme.test", description: "not accepted" }],
        }),
      ),
    );
    expect(error.quotaViolations).toEqual([{ subject: "team:a", description: "used up" }]);
    expect(error.preconditionViolations).toEqual([
      { type: "TOS", subject: "acme.test", description: "not accepted" },
    ]);
  });

  it("e03 unknown-detail-kept", async () => {
    const unknown = { type: "acme.v1.Unknown", value: "AQID" };
    const error = await errorFor(withDetails(unknown, info));
    expect(error.details).toMatchObject([
      { type: "acme.v1.Unknown", value: Uint8Array.of(1, 2, 3) },
      { type: "google.rpc.ErrorInfo" },
    ]);
    expect(error.reason).toBe("QUOTA");
  });

  it("e04 undecodable-detail", async () => {
    const broken = { type: BadRequestSchema.typeName, value: "/////w" };
    const error = await errorFor(withDetails(broken, info));
    expect(error).toMatchObject({ code: Code.FailedPrecondition, reason: "QUOTA" });
    expect(error.fieldViolations).toEqual([]);
    expect(error.details).toHaveLength(2);
  });

  it("e04 a value that is no base64 does not throw either", async () => {
    const error = await errorFor(withDetails({ type: "acme.v1.Unknown", value: "%" }));
    expect(error).toMatchObject({ origin: "server", httpStatus: 400 });
  });

  it("e05 duplicate-detail: the first wins", async () => {
    const second = detail(ErrorInfoSchema, { reason: "SECOND", domain: "other.test" });
    const error = await errorFor(withDetails(info, second));
    expect(error).toMatchObject({ reason: "QUOTA", domain: "acme.test" });
    expect(error.details).toHaveLength(2);
  });

  it("the server's request id comes from RequestInfo, or from the echo", async () => {
    const echo = { "x-request-id": "of-the-echo" };
    const details = [detail(RequestInfoSchema, { requestId: "of-the-detail" })];
    const both = await errorFor(connectError("aborted", 409, echo, { details }));
    expect(both.serverRequestId).toBe("of-the-detail");
    const one = await errorFor(connectError("aborted", 409, echo));
    expect(one.serverRequestId).toBe("of-the-echo");
    expect((await errorFor(connectError("aborted", 409))).serverRequestId).toBeUndefined();
  });
});

describe("codes", () => {
  const html = (status: number): Answer => ({
    status,
    headers: { "content-type": "text/html" },
    body: "<html>",
  });
  it.each([
    [400, Code.Internal],
    [401, Code.Unauthenticated],
    [403, Code.PermissionDenied],
    [404, Code.Unimplemented],
    [429, Code.Unavailable],
    [502, Code.Unavailable],
    [503, Code.Unavailable],
    [504, Code.Unavailable],
    [418, Code.Unknown],
    [500, Code.Unknown],
    [204, Code.Unknown],
  ])("e06 http-map (8 statuses): %i", async (status, code) => {
    const expected = { code, httpStatus: status, origin: "server" };
    expect(await errorFor(html(status))).toMatchObject(expected);
    const squeezed = { ...html(status), headers: { "content-encoding": "br" } };
    expect(await errorFor(squeezed)).toMatchObject(expected);
  });

  it("e06 an error of the protocol beats the status", async () => {
    expect((await errorFor(connectError("not_found", 503))).code).toBe(Code.NotFound);
  });

  it("e06 also where its body is compressed, as the retry class does", async () => {
    const scene = scripted({
      answers: [
        {
          status: 429,
          headers: { "content-type": "application/json", "content-encoding": "gzip" },
          body: gzipSync(JSON.stringify({ code: "resource_exhausted", message: "squeezed" })),
        },
        GOOD,
      ],
      options: { compression: { accept: "gzip" } },
    });
    expect(await failureOf(LEVELS.idempotent(scene.client))).toMatchObject({
      code: Code.ResourceExhausted,
      origin: "server",
      rawMessage: "squeezed",
      attempts: [{ class: "NEVER" }],
    });
  });

  it("e07 code-spelling", async () => {
    const scene = scripted({ answers: [connectError("canceled", 499)] });
    const error = await failureOf(LEVELS.idempotent(scene.client));
    expect(error.code).toBe(Code.Canceled);
    expect(error.toJSON()).toMatchObject({ code: "canceled", attempts: [{ code: "canceled" }] });
    expect(String(error)).toContain("[canceled]");
    expect(scene.events.at(-1)).toMatchObject({ code: "canceled" });
  });
});

describe("text", () => {
  it.each([
    ["ASCII", "x", 1_024],
    ["two bytes", "ü", 512],
    ["three bytes, which do not divide it", "€", 341],
    ["four bytes, two code units", "😀", 256],
  ])("e08 message-cut-multibyte: %s", async (_name, char, kept) => {
    const long = await errorFor(connectError("aborted", 409, {}, { message: char.repeat(2_000) }));
    expect(long.rawMessage).toBe(char.repeat(kept));
    const fits = await errorFor(connectError("aborted", 409, {}, { message: char.repeat(kept) }));
    expect(fits.rawMessage).toBe(char.repeat(kept));
  });

  it("e08 one byte before a character of four leaves that out whole", async () => {
    const message = `${"x".repeat(1_023)}😀`;
    const error = await errorFor(connectError("aborted", 409, {}, { message }));
    expect(error.rawMessage).toBe("x".repeat(1_023));
  });

  it("e09 tostring-has-no-secret", async () => {
    const SECRET = "s3cr3t";
    const headers = { "set-cookie": `session=${SECRET}`, "x-debug": SECRET };
    const { client } = scripted({
      answers: [connectError("not_found", 404, headers)],
      options: {
        auth: { token: `token-${SECRET}` },
        headers: { "x-own": SECRET },
        httpGet: true,
        tenant: "acme",
      },
    });
    const error = await failureOf(client.threads.getThread({ threadId: `thread-${SECRET}` }));
    const forms = [String(error), JSON.stringify(error), inspect(error), error.stack ?? ""];
    for (const text of forms) {
      expect(text).toContain("scripted not_found");
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain("connect=v1");
    }
    // Whoever asks for the response headers gets them.
    expect(error.metadata.get("x-debug")).toBe(SECRET);
  });
});

describe("what is surfaced", () => {
  it("e10 last-error-not-synthetic", async () => {
    const { client } = scripted({
      answers: [
        unavailable(),
        connectError("unavailable", 503, { "x-n": "2" }, { message: "2nd" }),
      ],
      options: { retry: { maxAttempts: 2 } },
    });
    const error = await failureOf(LEVELS.idempotent(client));
    expect(error).toMatchObject({ rawMessage: "2nd", stopReason: "attempts" });
    expect(error.metadata.get("x-n")).toBe("2");
  });

  it("e10 a wait that does not fit surfaces the server's error", async () => {
    const { client } = scripted({ answers: [unavailable()], options: { timeoutMs: 20 } });
    expect(await failureOf(LEVELS.idempotent(client))).toMatchObject({
      code: Code.Unavailable,
      rawMessage: "scripted unavailable",
      stopReason: "deadline",
    });
  });

  it("e10 control: synthetic where the deadline itself expired", async () => {
    const clock = createVirtualClock();
    const { client, requests } = scripted({ answers: [{ hang: true }], clock });
    const failed = failureOf(LEVELS.idempotent(client, { timeoutMs: 100 }));
    await expect.poll(() => requests.length).toBe(1);
    await clock.advance(100);
    expect(await failed).toMatchObject({ code: Code.DeadlineExceeded, stopReason: "deadline" });
  });

  it.each<[origin: string, answer: Answer, options?: AmeideOptions]>([
    ["server", connectError("aborted", 409)],
    ["server", { status: 503, headers: { "content-type": "text/html" }, body: "<html>" }],
    ["transport", { error: nodeError("ECONNRESET") }],
    ["client", { ...GOOD, body: Uint8Array.of(0xff) }],
    ["client", { status: 302, headers: { location: "/" } }],
    ["client", GOOD, { tenant: null }],
    ["client", GOOD, { auth: { provider: () => Promise.reject(new Error("down")) } }],
  ])("e11 origin-flag: %s", async (origin, answer, options) => {
    expect((await errorFor(answer, options)).origin).toBe(origin);
  });

  it("is a ConnectError to Connect, and known by its brand", async () => {
    const error = await errorFor(connectError("aborted", 409));
    expect(error).toBeInstanceOf(AmeideError);
    expect(error).toBeInstanceOf(ConnectError);
    expect(ConnectError.from(error)).toBe(error);
    expect(AmeideError.from(error)).toBe(error);
    expect(String(error)).toMatch(/^AmeideError: \[aborted\] scripted aborted/);
    expect(error.toJSON()["name"]).toBe("AmeideError");
    const brand = { [Symbol.for("ameide.sdk.error")]: { value: true } };
    expect(isAmeideError(Object.create(null, brand))).toBe(true);
    expect(new ConnectError("x")).not.toBeInstanceOf(AmeideError);
    expect(isAmeideError(null)).toBe(false);
  });
});
