import { Role, ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const say = (value: string) => ({
  role: Role.USER,
  parts: [{ content: { case: "text" as const, value } }],
});

test("messages are numbered from 1 without gaps", async () => {
  const { client } = await start();
  const threads = client(ThreadsService);
  const { thread } = await threads.createThread({ messages: [say("a"), say("b")] });
  const threadId = thread?.id ?? "";
  const appended = await threads.appendMessages({ threadId, messages: [say("c")] });
  expect(appended.messages).toMatchObject([{ threadId, sequence: 3n }]);

  const { messages } = await threads.listMessages({ threadId });
  expect(messages.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n]);
  expect(messages.map(({ parts }) => parts[0]?.content.value)).toEqual(["a", "b", "c"]);
  expect((await threads.getThread({ threadId })).thread?.messageCount).toBe(3n);
});

test("threads are listed the most recently updated first", async () => {
  const { client } = await start({ now: () => 0 });
  const threads = client(ThreadsService);
  const { thread } = await threads.createThread({ title: "first" });
  await threads.createThread({ title: "second" });
  await threads.appendMessages({ threadId: thread?.id ?? "", messages: [say("a")] });
  const listed = await threads.listThreads({});
  expect(listed.threads.map(({ title }) => title)).toEqual(["first", "second"]);
});

test("a thread can be deleted twice, and its messages go with it", async () => {
  const { client } = await start();
  const threads = client(ThreadsService);
  const { thread } = await threads.createThread({ messages: [say("a")] });
  const threadId = thread?.id ?? "";
  await threads.deleteThread({ threadId });
  await threads.deleteThread({ threadId });
  expect(await failure(threads.listMessages({ threadId }))).toMatchObject({
    reason: "THREAD_NOT_FOUND",
  });
});
