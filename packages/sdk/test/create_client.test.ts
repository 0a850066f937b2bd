import { describe, expect, it } from "vitest";
import type { CallOptions } from "@connectrpc/connect";
import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import {
  errorOf,
  scriptedThreads,
  t1,
  thread,
  threadPage,
  thrownBy,
} from "./harness/scripted_threads.js";
import { call, createClient, paginate } from "../src/index.js";
import { createRosterClient } from "../src/roster.js";

const UNWRAPPED = { tenant: "other" } as CallOptions;

async function firstOf(messages: AsyncIterable<unknown>): Promise<unknown> {
  for await (const each of messages) {
    return each;
  }
  return undefined;
}

describe("settings of a call without call()", () => {
  const { transport, http } = scriptedThreads([thread]);
  const threads = createClient(ThreadsService, transport);
  const inference = createClient(InferenceService, transport);
  const roster = createRosterClient({ threads: ThreadsService }, { baseUrl: "https://api.test" });

  it.each<[string, () => Promise<unknown>]>([
    ["unary", () => threads.getThread(t1, UNWRAPPED)],
    ["beside call()", () => threads.getThread(t1, { ...call({}), ...UNWRAPPED })],
    ["in call()'s own options", () => threads.getThread(t1, call({}, UNWRAPPED))],
    ["a server stream", () => firstOf(inference.generate({}, UNWRAPPED))],
    ["of a roster", () => roster.threads.getThread(t1, UNWRAPPED)],
    ["of a page", () => firstOf(paginate(threads.listThreads, {}, { call: UNWRAPPED }))],
  ])("are refused: %s", async (_name, make) => {
    const error = await errorOf((async () => make())());
    expect(error).toMatchObject({
      origin: "client",
      reason: "CONFIG_INVALID",
      fieldViolations: [{ field: "tenant" }],
    });
    expect(error.message).toContain("call({ tenant: … })");
    expect(error.message).not.toContain("other");
    expect(http.requests).toHaveLength(0);
  });

  it("a typo is told", async () => {
    const error = await errorOf(threads.getThread(t1, { timeoutMS: 5 } as CallOptions));
    expect(error.message).toContain(": did you mean timeoutMs? It is none of");
  });

  it.each([
    ["tiemoutMs", "timeoutMs", false],
    ["tennant", "tenant", true],
    ["waitForRedy", "waitForReady", true],
  ])("%s is taken for %s, and not repeated as right", async (typo, meant, isOurs) => {
    const error = await errorOf(threads.getThread(t1, { [typo]: 5 } as CallOptions));
    expect(error.message).toContain(`option ${typo}: did you mean ${meant}? It is none of`);
    expect(error.message.endsWith(`is wrapped: call({ ${meant}: … })`)).toBe(isOurs);
    expect(error.message).not.toContain(`call({ ${typo}`);
  });

  it.each<object>([{ maxItem: 5 }, UNWRAPPED, call({})])("paginate refuses %j", (options) => {
    const error = thrownBy(() => paginate(threads.listThreads, {}, options));
    expect(error.message).toMatch(/is no option of paginate/);
  });

  it("a call() within another is not lost", async () => {
    const made = scriptedThreads([thread]);
    const client = createClient(ThreadsService, made.transport);
    const inner = call({ tenant: "inner", requestId: "inner" });
    await client.getThread(t1, call({ requestId: "outer" }, inner));
    await client.getThread(t1, inner);
    const seen = made.http.requests.map(({ headers }) => [
      headers.get("x-tenant-id"),
      headers.get("x-request-id"),
    ]);
    expect(seen).toEqual([
      ["inner", "outer"],
      ["inner", "inner"],
    ]);
  });

  it("control: all of Connect's, and call()", async () => {
    const made = scriptedThreads([thread, threadPage([], "")]);
    const client = createClient(ThreadsService, made.transport);
    const { signal } = new AbortController();
    const seen: string[] = [];
    await client.getThread(t1, {
      ...call({ tenant: "other" }),
      signal,
      timeoutMs: 500,
      headers: { "x-a": "1" },
      onHeader: () => void seen.push("header"),
      onTrailer: () => void seen.push("trailer"),
    });
    expect(made.http.requests[0]?.headers.get("x-tenant-id")).toBe("other");
    expect(seen).toEqual(["header", "trailer"]);
    await firstOf(paginate(client.listThreads, {}, { maxItems: 1, call: call({ tenant: "b" }) }));
    expect(made.http.requests[1]?.headers.get("x-tenant-id")).toBe("b");
  });
});
