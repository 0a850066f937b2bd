import { expect, it } from "vitest";
import { scriptedThreads, t1, thread } from "./harness/scripted_threads.js";
import { call } from "../src/index.js";

it("the context values of one call may be those of another", async () => {
  const made = scriptedThreads([thread]);
  const shared = call({ tenant: "first" });
  const second = call({ tenant: "second" }, shared);
  await made.threads.getThread(t1, shared);
  await made.threads.getThread(t1, second);
  const tenants = made.http.requests.map(({ headers }) => headers.get("x-tenant-id"));
  expect(tenants).toEqual(["first", "second"]);
});
