import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  GenerationState,
  type GenerateRequest,
  type GenerateResponseSchema,
} from "@ameideio/core-proto/ameide/inference/v1";
import { Role } from "@ameideio/core-proto/ameide/threads/v1";
import { pause } from "./abort.js";
import type { StreamCall } from "./call.js";
import { echo, type Answer } from "./echo.js";
import { invalidField, notFound, toConnectError, toStatus } from "./errors.js";
import type { Generation } from "./generations.js";
import { countTokens, findModel, type Model } from "./models.js";
import type { Store, StoredThread } from "./store.js";
import { appendTo, findThread } from "./stored_threads.js";

type Response = MessageInitShape<typeof GenerateResponseSchema>;
type Event = NonNullable<Response["event"]>;

/**
 * InferenceService.Generate. A wrong request is refused before the stream begins; from then on the
 * generation is billed. The answer is appended to the request's thread when it is complete, and the
 * generation fails if that thread is deleted meanwhile.
 */
export async function* generate(
  store: Store,
  request: GenerateRequest,
  call: StreamCall,
): AsyncGenerator<Response> {
  const model = findModel(request.options?.model ?? "");
  const inputTokens = countTokens(request.messages);
  demand(model, request, inputTokens);
  const { threadId, agentId } = request;
  const thread = threadId === "" ? undefined : findThread(store, call.tenant, threadId);

  const streamId = randomUUID();
  const limit = Math.min(
    request.options?.maxOutputTokens ?? Infinity,
    Number(model.maxOutputTokens),
  );
  const answer = echo(request, limit, randomUUID());
  const { tenant } = call;
  const begun = { tenant, streamId, agentId, model: model.id, inputTokens };
  const generation = store.generations.begin(begun);
  let eventIndex = 0n;
  try {
    for await (const event of events(store, { answer, agentId, thread, generation, call })) {
      yield { meta: { streamId, eventIndex }, event };
      eventIndex += 1n;
    }
  } finally {
    if (generation.state === "running") {
      generation.state = "abandoned";
    }
  }
}

/** Yields the events of a generation, and records its bill. */
async function* events(
  store: Store,
  made: {
    answer: Answer;
    agentId: string;
    thread: StoredThread | undefined;
    generation: Generation;
    call: StreamCall;
  },
): AsyncGenerator<Event> {
  const { answer, agentId, thread, generation, call } = made;
  const { toolCall, finishReason } = answer;
  yield { case: "status", value: { state: GenerationState.RUNNING } };
  for (const text of answer.tokens) {
    await pause(store.tokenDelayMs, call.signal);
    if (thread?.deletedAt !== undefined) {
      break;
    }
    generation.outputTokens += 1;
    yield { case: "tokenDelta", value: { text } };
  }
  if (toolCall !== undefined) {
    await pause(store.tokenDelayMs * toolCall.tokens, call.signal);
    generation.outputTokens += toolCall.tokens;
    yield { case: "toolCall", value: toolCall.call };
  }
  const gone = thread?.deletedAt !== undefined;
  if (thread !== undefined && !gone) {
    appendTo(store, thread, [asMessage(answer, agentId)]);
  }
  generation.state = gone ? "failed" : "completed";
  const { inputTokens, outputTokens } = generation;
  const used = { inputTokens: BigInt(inputTokens), outputTokens: BigInt(outputTokens) };
  yield { case: "usage", value: used };
  if (gone) {
    const problem = notFound("thread", thread.thread.id);
    const service = call.method.parent.typeName;
    yield { case: "error", value: toStatus(toConnectError(problem, service, call.requestId)) };
  } else {
    yield { case: "status", value: { state: GenerationState.COMPLETED, finishReason } };
  }
}

function demand(model: Model, request: GenerateRequest, inputTokens: number): void {
  if (inputTokens > Number(model.maxInputTokens)) {
    const most = `has ${inputTokens} tokens, ${model.id} takes at most ${model.maxInputTokens}`;
    throw invalidField("messages", "TOO_MANY_INPUT_TOKENS", most);
  }
  if (!model.supportsTools && request.options && request.options.tools.length > 0) {
    throw invalidField("options.tools", "TOOLS_UNSUPPORTED", `${model.id} cannot call tools`);
  }
}

function asMessage({ tokens, toolCall }: Answer, agentId: string) {
  const content = toolCall
    ? { case: "toolCall" as const, value: toolCall.call }
    : { case: "text" as const, value: tokens.join("") };
  return { role: Role.ASSISTANT, agentId, parts: [{ content }] };
}
