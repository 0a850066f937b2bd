import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { errorOf, scriptedThreads, t1, thread } from "./harness/scripted_threads.js";
import { HOUR, sent, WALL_START } from "./harness/tokens.js";
import type { Token } from "../src/index.js";

describe("what is no expiry", () => {
  it.each<[string, unknown]>([
    ["null", null],
    ["text", "2030-01-01T00:00:00Z"],
    ["an invalid date", new Date("x")],
    ["a date made of seconds", new Date(1_767_225_600)],
    ["a bigint", 1_767_225_600_000n],
    ["an object", { valueOf: () => WALL_START + HOUR }],
    ["a boolean", true],
  ])("%s is refused by name", async (_name, expiresAt) => {
    let asked = 0;
    const provider = () => {
      asked++;
      return { token: "s3cret", expiresAt: expiresAt as Date };
    };
    const made = scriptedThreads([thread], { auth: { provider } });
    for (let i = 0; i < 3; i++) {
      const error = await errorOf(made.threads.getThread(t1));
      expect(error).toMatchObject({ reason: "CONFIG_INVALID", origin: "client" });
      expect(error.message).toMatch(/option auth.provider: expiresAt must be a Date or millisec/);
    }
    expect([asked, made.http.requests.length]).toEqual([1, 0]);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["text", "s3cret"],
    ["null", null],
    ["no token", {}],
  ])("%s instead of a token is refused, too", async (_name, given) => {
    const made = scriptedThreads([thread], { auth: { provider: () => given as Token } });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", origin: "client" });
    expect(error.message).not.toContain("s3cret");
  });

  it("a token that throws when it is read is a provider that fails", async () => {
    const given = {
      get token(): string {
        throw new Error("token=s3cret is over");
      },
    };
    const made = scriptedThreads([thread], { auth: { provider: () => given } });
    const error = await errorOf(made.threads.getThread(t1));
    expect(error).toMatchObject({
      reason: "TOKEN_PROVIDER_FAILED",
      rawMessage: "the token provider failed: token=REDACTED is over",
    });
  });

  it("control: a date of another realm", async () => {
    const expiresAt = runInNewContext(`new Date(${WALL_START + HOUR})`) as Date;
    const made = scriptedThreads([thread], {
      auth: { provider: () => ({ token: "t1", expiresAt }) },
    });
    await made.threads.getThread(t1);
    expect(sent(made)).toEqual(["Bearer t1"]);
  });
});

describe("credentials that cannot be had or sent", () => {
  it.each<[what: string, thrown: unknown, told: string]>([
    ["words", "the disk is full", ": the disk is full"],
    ["nothing", undefined, ""],
    ["what is no error", { password: "s3cret" }, ""],
    ["a code alone", Object.assign(new Error(""), { code: "ENOENT" }), ": ENOENT"],
    [
      "what throws when it is read",
      Object.defineProperty(new Error("never"), "message", {
        get: () => {
          throw new Error("s3cret");
        },
      }),
      "",
    ],
    [
      "several",
      new AggregateError([new Error("one"), new Error("two")], "both"),
      ": both: one: two",
    ],
  ])("a provider that throws %s", async (_name, thrown, told) => {
    const provider = () => Promise.reject(thrown);
    const error = await errorOf(
      scriptedThreads([thread], { auth: { provider } }).threads.getThread(t1),
    );
    expect(error.rawMessage).toBe(`the token provider failed${told}`);
  });
});
