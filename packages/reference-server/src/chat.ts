import { create } from "@bufbuild/protobuf";
import type { ChatService, SendMessageRequest } from "@ameideio/core-proto/ameide/chat/v1";
import { GenerateRequestSchema, GenerationState } from "@ameideio/core-proto/ameide/inference/v1";
import { Role } from "@ameideio/core-proto/ameide/threads/v1";
import type { StreamCall } from "./call.js";
import { converse, type AnswerEvent } from "./conversation.js";
import { notFound, toConnectError, toStatus } from "./errors.js";
import { generate } from "./generate.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";
import { addThread, appendTo, findThread } from "./stored_threads.js";

/**
 * ChatService. Answers are those of InferenceService.Generate, and billed as they are. Only the
 * message that is answered is given to the model.
 */
export function chat(store: Store): Methods<typeof ChatService> {
  return {
    async *sendMessage(request, call) {
      for await (const event of answer(store, request, call)) {
        yield { event };
      }
    },

    converse: (requests, call) =>
      converse(requests, call, (request, own) => answer(store, request, own)),
  };
}

/** Appends a message and answers it. What is wrong with it is refused before it is appended. */
async function* answer(
  store: Store,
  request: SendMessageRequest,
  call: StreamCall,
): AsyncGenerator<AnswerEvent> {
  const { context, parts } = request;
  const agentId = context?.agentId ?? "";
  const known =
    request.threadId === "" ? undefined : findThread(store, call.tenant, request.threadId);
  const messages = [{ role: Role.USER, parts }];
  const events = generate(store, create(GenerateRequestSchema, { agentId, messages }), call);
  try {
    await events.next();
    const stored = known ?? addThread(store, call.tenant, {});
    const threadId = stored.thread.id;
    const [said] = appendTo(store, stored, [
      { role: Role.USER, parts, ...(context?.data && { metadata: context.data }) },
    ]);
    const messageSequence = said?.sequence ?? 0n;
    const threadCreated = known === undefined;
    yield { case: "started", value: { threadId, threadCreated, messageSequence } };
    let text = "";
    for await (const { event } of events) {
      if (stored.deletedAt !== undefined) {
        const problem = notFound("thread", threadId);
        const error = toConnectError(problem, call.method.parent.typeName, call.requestId);
        yield { case: "error", value: toStatus(error) };
        return;
      }
      if (event?.case === "tokenDelta") {
        const piece = event.value.text ?? "";
        text += piece;
        yield { case: "token", value: { text: piece } };
      } else if (event?.case === "status" && event.value.state === GenerationState.COMPLETED) {
        const answered = [{ content: { case: "text" as const, value: text } }];
        const [message] = appendTo(store, stored, [
          { role: Role.ASSISTANT, agentId, parts: answered },
        ]);
        yield { case: "completed", value: message ? { message } : {} };
      }
    }
  } finally {
    await events.return(undefined);
  }
}
