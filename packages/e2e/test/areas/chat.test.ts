import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

const context = { agentId: "assistant" };
const parts = (value: string) => [{ content: { case: "text" as const, value } }];

it("an answer streams into a new thread", async () => {
  const { ameide } = await startAreas();
  let text = "";
  let threadId = "";
  for await (const { event } of ameide.chat.sendMessage({ context, parts: parts("hello") })) {
    if (event.case === "started") {
      threadId = event.value.threadId;
    } else if (event.case === "token") {
      text += event.value.text;
    }
  }
  expect(text).toBe("hello");
  const { messages } = await ameide.threads.listMessages({ threadId });
  expect(messages.map((each) => each.parts[0]?.content.value)).toEqual(["hello", "hello"]);
});

it("a conversation over HTTP/2 stays in its thread", async () => {
  const { ameide } = await startAreas({}, { httpVersion: "2" });
  async function* said() {
    for (const value of ["one", "two"]) {
      yield { action: { case: "send" as const, value: { context, parts: parts(value) } } };
    }
  }
  const threads = new Set<string>();
  const answers: unknown[] = [];
  for await (const { event } of ameide.chat.converse(said())) {
    if (event.case === "started") {
      threads.add(event.value.threadId);
    } else if (event.case === "completed") {
      answers.push(event.value.message?.parts[0]?.content.value);
    }
  }
  expect(threads.size).toBe(1);
  expect(answers).toEqual(["one", "two"]);
});
