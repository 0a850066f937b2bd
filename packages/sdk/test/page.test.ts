import { describe, expect, it } from "vitest";
import type { ListThreadsResponse } from "@ameideio/core-proto/ameide/threads/v1";
import { errorOf, scriptedThreads, threadPage, thrownBy } from "./harness/scripted_threads.js";
import { call, paginate } from "../src/index.js";

const pages = [threadPage(["a", "b"], "p2"), threadPage([], "p3"), threadPage(["c"], "")] as const;

async function ids(items: AsyncIterable<{ id: string }>): Promise<string[]> {
  const all: string[] = [];
  for await (const item of items) {
    all.push(item.id);
  }
  return all;
}

describe("paginate", () => {
  it("p01 empty-page-continues", async () => {
    const { threads, http } = scriptedThreads(pages);
    const list = paginate(threads.listThreads, { pageSize: 2 });
    expect(await ids(list)).toEqual(["a", "b", "c"]);
    expect(http.requests).toHaveLength(3);
  });

  it("every page is a call with an id and a deadline of its own", async () => {
    const made = scriptedThreads(pages, {
      retry: { maxAttempts: 1 },
      transport: async (request) => {
        await made.clock.advance(20_000);
        return made.http.client(request);
      },
    });
    expect(await ids(paginate(made.threads.listThreads, {}))).toHaveLength(3);
    const { requests } = made.http;
    expect(new Set(requests.map(({ headers }) => headers.get("x-request-id"))).size).toBe(3);
    expect(requests.map(({ timeoutMs }) => timeoutMs)).toEqual([30_000, 30_000, 30_000]);
  });

  it("pages() gives the pages; an iteration starts at the first", async () => {
    const made = scriptedThreads([...pages, ...pages]);
    const list = paginate(made.threads.listThreads, {});
    for (let round = 0; round < 2; round++) {
      const seen: ListThreadsResponse[] = [];
      for await (const page of list.pages()) {
        seen.push(page);
      }
      expect(seen.map(({ threads }) => threads.length)).toEqual([2, 0, 1]);
    }
  });

  it("p02 a loop of more and longer tokens than are kept is found, too", async () => {
    let page = 0;
    const list = async () => ({
      items: [],
      nextPageToken: String(page++ % 20).padEnd(200_000, "x"),
    });
    const error = await errorOf(ids(paginate(list, {})));
    expect(error).toMatchObject({ reason: "PAGE_TOKEN_LOOP", origin: "client" });
    // Longer than it takes to see the loop twice is not due.
    expect(page).toBeLessThan(60);
  });

  it.each([
    ["the same token again", [threadPage(["a"], "p2")]],
    ["a longer loop", [threadPage(["a"], "p2"), threadPage([], "p3"), threadPage([], "p2")]],
  ])("p02 token-loop: %s", async (_name, answers) => {
    const { threads, http } = scriptedThreads(answers as [never]);
    const error = await errorOf(ids(paginate(threads.listThreads, {})));
    expect(error).toMatchObject({ reason: "PAGE_TOKEN_LOOP", origin: "client" });
    expect(error.message).toContain("[internal]");
    expect(http.requests).toHaveLength(answers.length === 1 ? 2 : 3);
  });

  it.each([
    [1, ["a"], 1],
    [2, ["a", "b"], 1],
    [3, ["a", "b", "c"], 3],
    [9, ["a", "b", "c"], 3],
  ])("p03 max-items-exact: %i", async (maxItems, expected, calls) => {
    const { threads, http } = scriptedThreads(pages);
    expect(await ids(paginate(threads.listThreads, {}, { maxItems }))).toEqual(expected);
    expect(http.requests).toHaveLength(calls);
  });

  it.each([
    [1, ["a", "b"]],
    [2, ["a", "b"]],
    [3, ["a", "b", "c"]],
  ])("maxPages: %i", async (maxPages, expected) => {
    const { threads, http } = scriptedThreads(pages);
    expect(await ids(paginate(threads.listThreads, {}, { maxPages }))).toEqual(expected);
    expect(http.requests).toHaveLength(maxPages);
  });

  it("p04 break-cancels", async () => {
    const { threads, http, clock } = scriptedThreads([pages[0], { hang: true }]);
    const iterator = paginate(threads.listThreads, {})[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ id: "a" });
    await iterator.next();
    const pending = iterator.next().catch((error: unknown) => error);
    await http.until(2);
    expect(http.hanging).toBe(1);
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toMatchObject({ stopReason: "canceled" });
    expect([http.hanging, clock.pending]).toEqual([0, 0]);
  });

  it("p04 break-cancels: a loop that is left asks for no more", async () => {
    const { threads, http } = scriptedThreads(pages);
    for await (const item of paginate(threads.listThreads, {})) {
      expect(item.id).toBe("a");
      break;
    }
    expect(http.requests).toHaveLength(1);
  });

  it("the caller's signal ends it, and is let go of", async () => {
    const { threads, http } = scriptedThreads([pages[0], { hang: true }]);
    const controller = new AbortController();
    const list = paginate(threads.listThreads, {}, { call: { signal: controller.signal } });
    const failed = errorOf(ids(list));
    await http.until(2);
    controller.abort();
    expect(await failed).toMatchObject({ stopReason: "canceled" });
  });

  it.each([
    ["maxItems", { maxItems: 0 }],
    ["maxItems", { maxItems: 1.5 }],
    ["maxPages", { maxPages: -1 }],
    ["requestId", { call: call({ requestId: "mine" }) }],
  ])("a wrong %s is refused", (option, options) => {
    const { threads, http } = scriptedThreads(pages);
    const error = thrownBy(() => paginate(threads.listThreads, {}, options));
    expect(error).toMatchObject({ reason: "CONFIG_INVALID", fieldViolations: [{ field: option }] });
    expect(http.requests).toEqual([]);
  });
});
