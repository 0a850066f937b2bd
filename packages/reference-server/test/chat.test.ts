import { Code } from "@connectrpc/connect";
import { ChatService, type ConverseRequestSchema } from "@ameideio/core-proto/ameide/chat/v1";
import { Role, ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { collect, events, failure, start, type Connection } from "./harness/harness.js";

// It takes much longer to answer than what is done meanwhile.
const LONG = "x".repeat(400_000);

const context = { agentId: "assistant", data: { page: "/billing" } };
const say = (value: string, threadId = "") => ({
  context,
  threadId,
  parts: [{ content: { case: "text" as const, value } }],
});

type Action = MessageInitShape<typeof ConverseRequestSchema>;
const send = (value: string, threadId = ""): Action => ({
  action: { case: "send", value: say(value, threadId) },
});
const cancel: Action = { action: { case: "cancel", value: {} } };

/** What a caller sends, one by one. */
function sending() {
  const sent: (Action | undefined)[] = [];
  let wake = () => {};
  const push = (action?: Action) => {
    sent.push(action);
    wake();
  };
  return {
    send: (action: Action) => push(action),
    end: () => push(),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (sent.length === 0) {
          await new Promise<void>((resolve) => (wake = resolve));
        }
        const next = sent.shift();
        if (next === undefined) {
          return;
        }
        yield next;
      }
    },
  };
}

async function startChat(options: Parameters<typeof start>[0] = {}, wire: Connection = {}) {
  const { server, client } = await start(options);
  return { server, client, chat: client(ChatService, wire), threads: client(ThreadsService) };
}

test("a message creates a thread, and its answer is appended when it is complete", async () => {
  const { server, chat, threads } = await startChat();
  const seen = await collect(chat.sendMessage(say("hello!")));
  expect(seen.map(({ event }) => event.case)).toEqual(["started", "token", "token", "completed"]);
  const started = seen[0]?.event;
  expect(started?.value).toMatchObject({ threadCreated: true, messageSequence: 1n });
  const threadId = started?.case === "started" ? started.value.threadId : "";
  const { messages } = await threads.listMessages({ threadId });
  expect(messages).toMatchObject([
    { role: Role.USER, metadata: { page: "/billing" } },
    { role: Role.ASSISTANT, agentId: "assistant", parts: [{ content: { value: "hello!" } }] },
  ]);
  expect(seen.at(-1)?.event.value).toMatchObject({ message: messages[1] });
  expect(server.generations()).toMatchObject([{ state: "completed", outputTokens: 2 }]);
  const [next] = await collect(chat.sendMessage(say("more", threadId)));
  expect(next?.event.value).toMatchObject({ threadId, threadCreated: false, messageSequence: 3n });
});

test("a refused message appends nothing", async () => {
  const { client, chat, threads } = await startChat();
  const { thread } = await threads.createThread({});
  const refused = async (call: AsyncIterable<unknown>) => failure(collect(call));
  expect(await refused(chat.sendMessage(say("x", "none")))).toMatchObject({
    code: Code.NotFound,
    reason: "THREAD_NOT_FOUND",
  });
  const others = client(ChatService, { tenant: "other" });
  expect(await refused(others.sendMessage(say("x", thread?.id)))).toMatchObject({
    reason: "THREAD_NOT_FOUND",
  });
  expect(await refused(chat.sendMessage(say("x".repeat(900_000))))).toMatchObject({
    reason: "TOO_MANY_INPUT_TOKENS",
  });
  expect(await refused(chat.sendMessage({ context }))).toMatchObject({ fields: ["parts"] });
  expect((await threads.listThreads({})).threads).toMatchObject([{ messageCount: 0n }]);
});

test("an answer to a thread that is deleted meanwhile ends with an error", async () => {
  const { chat, threads } = await startChat();
  const { thread } = await threads.createThread({});
  const threadId = thread?.id ?? "";
  const seen: (string | undefined)[] = [];
  for await (const { event } of chat.sendMessage(say(LONG, threadId))) {
    seen.push(event.case);
    if (seen.length === 1) {
      await threads.deleteThread({ threadId });
    }
  }
  expect(seen.at(-1)).toBe("error");
  expect(seen).not.toContain("completed");
});

test("a caller that leaves an answer appends none of it", async () => {
  const { server, chat, threads } = await startChat();
  const leaving = new AbortController();
  const seen = events(chat.sendMessage(say(LONG), { signal: leaving.signal }));
  await seen.next();
  await seen.next();
  leaving.abort();
  const states = () => server.generations().map(({ state }) => state);
  await expect.poll(states, { interval: 1 }).toEqual(["abandoned"]);
  expect((await threads.listThreads({})).threads).toMatchObject([{ messageCount: 1n }]);
});

describe.each(["connect", "grpc"] as const)("a conversation over %s", (protocol) => {
  const wire = { protocol, httpVersion: "2" } as const;

  test("answers messages in their order, in one thread", async () => {
    const { chat, threads } = await startChat({}, wire);
    const out = sending();
    const seen = events(chat.converse(out));
    out.send(send("one"));
    expect((await seen.next()).event).toMatchObject({
      case: "started",
      value: { threadCreated: true, messageSequence: 1n },
    });
    expect((await seen.next()).event).toMatchObject({ case: "token", value: { text: "one" } });
    expect((await seen.next()).event.case).toBe("completed");
    out.send(send("two"));
    out.send(send("3"));
    out.end();
    const rest = await collect(seen);
    const each = ["started", "token", "completed"];
    expect(rest.map(({ event }) => event.case)).toEqual([...each, ...each]);
    const { threads: all } = await threads.listThreads({});
    expect(all).toMatchObject([{ messageCount: 6n }]);
  });

  test("goes on after an answer that was called off, and a message that was refused", async () => {
    const { server, chat, threads } = await startChat({}, wire);
    const out = sending();
    const seen = events(chat.converse(out));
    out.send(send(LONG));
    await seen.next();
    await seen.next();
    out.send(cancel);
    let event = (await seen.next()).event;
    while (event.case === "token") {
      event = (await seen.next()).event;
    }
    expect(event).toMatchObject({ case: "error", value: { code: Code.Canceled } });
    out.send(send("x", "none"));
    expect((await seen.next()).event).toMatchObject({
      case: "error",
      value: { code: Code.NotFound },
    });
    out.send(cancel);
    out.send(send("last"));
    out.end();
    expect((await collect(seen)).at(-1)?.event.case).toBe("completed");
    const states = server.generations().map(({ state }) => state);
    expect(states).toEqual(["abandoned", "completed"]);
    expect((await threads.listThreads({})).threads).toMatchObject([{ messageCount: 3n }]);
  });

  test("ends when the caller leaves", async () => {
    const { server, chat } = await startChat({}, wire);
    const out = sending();
    const leaving = new AbortController();
    const seen = events(chat.converse(out, { signal: leaving.signal }));
    out.send(send("one"));
    await seen.next();
    leaving.abort();
    await expect.poll(() => server.openStreams(), { interval: 1 }).toEqual({});
    await expect(collect(seen)).rejects.toMatchObject({ code: Code.Canceled });
  });
});
