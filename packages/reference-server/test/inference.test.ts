import { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { Role } from "@ameideio/core-proto/ameide/threads/v1";
import { expect, test } from "vitest";
import { failure, start } from "./harness/harness.js";

const say = (value: string) => ({
  role: Role.USER,
  parts: [{ content: { case: "text" as const, value } }],
});

test("tokens are counted by rule: 4 per message, one per 4 bytes of text", async () => {
  const { client } = await start();
  const inference = client(InferenceService);
  const count = async (...texts: string[]) =>
    (await inference.countTokens({ messages: texts.map(say) })).inputTokens;
  expect(await count("")).toBe(4n);
  expect(await count("four")).toBe(5n);
  expect(await count("fives")).toBe(6n);
  expect(await count("für")).toBe(5n);
  expect(await count("four", "four")).toBe(10n);
});

test("tool calls count, too", async () => {
  const { client } = await start();
  const call = { id: "1", name: "search", arguments: { query: "weather" } };
  const message = {
    role: Role.ASSISTANT,
    parts: [{ content: { case: "toolCall" as const, value: call } }],
  };
  const { inputTokens } = await client(InferenceService).countTokens({ messages: [message] });
  expect(inputTokens).toBeGreaterThan(8n);
});

test("models are listed by id, and only they can be counted for", async () => {
  const { client } = await start();
  const inference = client(InferenceService);
  const { models } = await inference.listModels({});
  expect(models.map(({ id }) => id)).toEqual(["reference-large", "reference-small"]);
  const messages = [say("hi")];
  expect(await inference.countTokens({ model: models[0]?.id ?? "", messages })).toBeTruthy();
  expect(await failure(inference.countTokens({ model: "none", messages }))).toMatchObject({
    reason: "MODEL_NOT_FOUND",
    metadata: { model_id: "none" },
  });
});
