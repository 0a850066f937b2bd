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

  it("a loop of more and longer tokens than are kept is found, too", async () => {
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

  it("return() cancels the page that is under way", async () => {
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
