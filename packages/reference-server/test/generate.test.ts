import { Code } from "@connectrpc/connect";
import {
  FinishReason,
  GenerationState,
  InferenceService,
  type GenerateResponse,
} from "@ameideio/core-proto/ameide/inference/v1";
import { ErrorInfoSchema } from "@ameideio/core-proto/google/rpc";
import { Role, ThreadsService } from "@ameideio/core-proto/ameide/threads/v1";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { events, failure, start, WIRES, workOf } from "./harness/harness.js";

const say = (value: string, role = Role.USER) => ({
  role,
  parts: [{ content: { case: "text" as const, value } }],
});
const ask = (value: string) => ({ agentId: "writer", messages: [say(value)] });

/** What a stream told, in short. */
async function read(stream: AsyncIterable<GenerateResponse>) {
  const all: GenerateResponse[] = [];
  for await (const event of stream) {
    all.push(event);
  }
  const last = all.at(-1)?.event;
  return {
    all,
    cases: all.map(({ event }) => event.case),
    text: all.map(({ event }) => (event.case === "tokenDelta" ? event.value.text : "")).join(""),
    usage: all.map(({ event }) => event).findLast((event) => event.case === "usage")?.value,
    finishReason: last?.case === "status" ? last.value.finishReason : undefined,
  };
}

describe.each(WIRES)("$protocol over HTTP/$httpVersion", (wire) => {
  test("an answer is streamed token by token, then what it used, then its end", async () => {
    const { server, client } = await start();
    const { all, cases, text, usage } = await read(
      client(InferenceService, wire).generate(ask("hello there")),
    );
    expect(cases).toEqual(["status", "tokenDelta", "tokenDelta", "tokenDelta", "usage", "status"]);
    expect(text).toBe("hello there");
    const running = { state: GenerationState.RUNNING };
    const completed = { state: GenerationState.COMPLETED, finishReason: FinishReason.STOP };
    expect([all[0]?.event.value, all.at(-1)?.event.value]).toMatchObject([running, completed]);
    expect(usage).toMatchObject({ inputTokens: 7n, outputTokens: 3n });
    expect(all.map(({ meta }) => meta?.eventIndex)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
    const [streamId = "", ...others] = new Set(all.map(({ meta }) => meta?.streamId));
    expect([streamId.length, others]).toEqual([36, []]);
    expect(server.generations()).toEqual([
      {
        tenant: "acme",
        streamId,
        agentId: "writer",
        model: "reference-large",
        inputTokens: 7,
        outputTokens: 3,
        state: "completed",
      },
    ]);
    expect(server.openStreams()).toEqual({});
  });

  test("a caller that leaves ends the generation", async () => {
    const { server, client } = await start({ tokenDelayMs: 5 });
    const leaving = new AbortController();
    const { signal } = leaving;
    const long = ask("x".repeat(4_000));
    const stream = events(client(InferenceService, wire).generate(long, { signal }));
    await stream.next();
    await stream.next();
    leaving.abort();
    await expect
      .poll(() => server.generations(), { interval: 1 })
      .toMatchObject([{ state: "abandoned" }]);
    expect(server.generations()[0]?.outputTokens).toBeLessThan(1_000);
    expect(server.openStreams()).toEqual({});
  });

  test("a generation whose thread is deleted meanwhile ends with an error event", async () => {
    const { server, client } = await start({ tokenDelayMs: 1 });
    const threads = client(ThreadsService);
    const { thread } = await threads.createThread({});
    const threadId = thread?.id ?? "";
    const asked = { ...ask("x".repeat(4_000)), threadId };
    const headers = { "x-request-id": "r-1" };
    const stream = events(client(InferenceService, wire).generate(asked, { headers }));
    await stream.next();
    await threads.deleteThread({ threadId });
    const { all, cases } = await read(stream);
    expect(cases.slice(-2)).toEqual(["usage", "error"]);
    const error = all.at(-1)?.event;
    if (error?.case !== "error") {
      throw new Error("no error");
    }
    expect(error.value).toMatchObject({ code: Code.NotFound, message: "thread not found" });
    const [info] = error.value.details;
    expect(info && anyUnpack(info, ErrorInfoSchema)).toMatchObject({
      reason: "THREAD_NOT_FOUND",
      domain: "ameide.inference.v1.InferenceService",
      metadata: { thread_id: threadId },
    });
    expect(server.generations()).toMatchObject([{ state: "failed" }]);
  });

  test("what is wrong with a request is refused before the stream begins", async () => {
    const { server, client } = await start();
    const inference = client(InferenceService, wire);
    const refused = (request: Parameters<typeof inference.generate>[0]) =>
      failure(events(inference.generate(request)).next());
    const options = { model: "reference-small" };
    expect(await refused({ ...ask("hi"), options: { model: "none" } })).toMatchObject({
      code: Code.NotFound,
      reason: "MODEL_NOT_FOUND",
    });
    expect(await refused({ ...ask("hi"), threadId: "gone" })).toMatchObject({
      reason: "THREAD_NOT_FOUND",
    });
    expect(
      await refused({ ...ask("hi"), options: { ...options, tools: [{ name: "search" }] } }),
    ).toMatchObject({ reason: "TOOLS_UNSUPPORTED", fields: ["options.tools"] });
    expect(await refused({ ...ask("x".repeat(200_000)), options })).toMatchObject({
      code: Code.InvalidArgument,
      reason: "TOO_MANY_INPUT_TOKENS",
      fields: ["messages"],
    });
    expect(await refused({ messages: [] })).toMatchObject({
      reason: "INVALID_FIELD",
      fields: ["agent_id", "messages"],
    });
    expect(server.generations()).toEqual([]);
  });
});

test("a repeated generation is billed twice, whatever key it carries", async () => {
  const { server, client } = await start();
  const headers = { "idempotency-key": "k" };
  const inference = client(InferenceService);
  const streamIds = [];
  for (let i = 0; i < 2; i++) {
    const { all } = await read(inference.generate(ask("hi"), { headers }));
    streamIds.push(all[0]?.meta?.streamId);
  }
  expect(server.generations().map(({ streamId }) => streamId)).toEqual(streamIds);
  expect(streamIds[0]).not.toBe(streamIds[1]);
});

test("the answer ends at a stop sequence, or with as many tokens as are allowed", async () => {
  const { client } = await start();
  const generate = (text: string, options: object) =>
    read(client(InferenceService).generate({ ...ask(text), options }));
  expect(await generate("one. two! three", { stopSequences: ["!", "three"] })).toMatchObject({
    text: "one. two",
    finishReason: FinishReason.STOP,
  });
  expect(await generate("abcdefghij", { maxOutputTokens: 2 })).toMatchObject({
    text: "abcdefgh",
    usage: { outputTokens: 2n },
    finishReason: FinishReason.MAX_TOKENS,
  });
  expect(await generate("abcd", { maxOutputTokens: 1 })).toMatchObject({
    text: "abcd",
    finishReason: FinishReason.STOP,
  });
  const long = "x".repeat(4 * 5_000);
  expect(await generate(long, { model: "reference-small" })).toMatchObject({
    usage: { outputTokens: 4_096n },
    finishReason: FinishReason.MAX_TOKENS,
  });
});

test("a token is whole characters", async () => {
  const { client } = await start();
  const { all, text } = await read(client(InferenceService).generate(ask("a😀für")));
  const deltas = all.flatMap(({ event }) => (event.case === "tokenDelta" ? event.value.text : []));
  expect(deltas).toEqual(["a", "😀", "für"]);
  expect(text).toBe("a😀für");
});

test.each(["{", " "])("a text full of %j is no more work for its tools", async (unit) => {
  const { client } = await start();
  const work = (text: string) =>
    workOf(() =>
      read(
        client(InferenceService).generate({
          agentId: "writer",
          messages: [say(`search${text} .`)],
          options: { tools: [{ name: "search" }], maxOutputTokens: 1 },
        }),
      ),
    );
  await work("warm up");
  const usual = await work("a".repeat(200_000));
  expect(await work(unit.repeat(200_000))).toBeLessThan(50 * usual);
});

test("a tool is called by name, with the arguments that are said", async () => {
  const { client } = await start();
  const options = { tools: [{ name: "search" }, { name: "now" }] };
  const generate = (message: ReturnType<typeof say>, more: object = {}) =>
    read(
      client(InferenceService).generate({
        agentId: "writer",
        messages: [say("be brief", Role.SYSTEM), message],
        options: { ...options, ...more },
      }),
    );
  const call = await generate(say('search {"query":"weather"}'));
  expect(call).toMatchObject({
    cases: ["status", "toolCall", "usage", "status"],
    finishReason: FinishReason.TOOL_CALL,
  });
  expect(call.all[1]?.event.value).toMatchObject({
    id: expect.stringMatching(/./),
    name: "search",
    arguments: { query: "weather" },
  });
  expect(call.usage?.outputTokens).toBeGreaterThan(8n);
  expect((await generate(say("now"))).cases).toContain("toolCall");
  expect((await generate(say("now"), { maxOutputTokens: 1 })).finishReason).toBe(
    FinishReason.MAX_TOKENS,
  );
  for (const message of [
    say("search the web"),
    say("search {no json}"),
    say("other"),
    say("now", Role.TOOL),
  ]) {
    expect(await generate(message)).toMatchObject({ finishReason: FinishReason.STOP });
  }
});

test("the answer is appended to its thread, where watchers see it", async () => {
  const { client } = await start();
  const threads = client(ThreadsService);
  const { thread } = await threads.createThread({ messages: [say("hi")] });
  const threadId = thread?.id ?? "";
  const watching = events(threads.watchThread({ threadId, afterSequence: 1n }));
  const next = watching.next();
  await read(client(InferenceService).generate({ ...ask("hi"), threadId }));
  expect((await next).event.value).toMatchObject({
    sequence: 2n,
    role: Role.ASSISTANT,
    agentId: "writer",
    parts: [{ content: { case: "text", value: "hi" } }],
  });
});

test("closing the server lets an answer end", async () => {
  const { server, client } = await start({ tokenDelayMs: 1 });
  const stream = events(client(InferenceService).generate(ask("x".repeat(100))));
  await stream.next();
  const closed = server.close();
  expect(await read(stream)).toMatchObject({ finishReason: FinishReason.STOP });
  await closed;
});
