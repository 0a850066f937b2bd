import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type GenerateRequest,
  type GenerateRequestSchema,
  type GenerateResponse,
  GenerateResponseSchema,
} from "@ameideio/core-proto/ameide/inference/v1";
import {
  type RecordUsageRequest,
  type RecordUsageRequestSchema,
  type RecordUsageResponse,
  RecordUsageResponseSchema,
} from "@ameideio/core-proto/ameide/meter/v1";

export type Usage = MessageInitShape<typeof RecordUsageRequestSchema> & { readonly teamId: string };
export type Prompt = MessageInitShape<typeof GenerateRequestSchema> & {
  readonly agentId: string;
  readonly threadId: string;
};

/** Messages of one stream. */
export const STREAM_MESSAGES = 1_000;

/** A use whose message has 100 bytes. It has no 64-bit integer, which codecs take differently. */
export function usageOf(team: number): Usage {
  return {
    teamId: `team-${String(team).padStart(4, "0")}`,
    agentId: "agent-of-search",
    surface: "slack",
    eventType: "completion",
    model: "model-large",
    provider: "provider-1",
    totalCostUsd: 0.0125,
    requestId: "request-123456789",
  };
}

/** A prompt whose stream has messages of 100 bytes, but for their numbers. */
export function promptOf(thread: number): Prompt {
  return {
    agentId: "some words of an answer that a model makes, token by token, in one language or other",
    threadId: `t-${String(thread).padStart(4, "0")}`,
  };
}

/** The answer to a use: the use. */
export function echoOfUsage(usage: RecordUsageRequest): RecordUsageResponse {
  return create(RecordUsageResponseSchema, { record: { id: "r1", usage } });
}

/** The stream of a prompt: its words in each message. */
export function* echoOfPrompt({ agentId, threadId }: GenerateRequest): Iterable<GenerateResponse> {
  for (let at = 0; at < STREAM_MESSAGES; at++) {
    yield create(GenerateResponseSchema, {
      meta: { streamId: threadId, eventIndex: BigInt(at) },
      event: { case: "tokenDelta", value: { text: agentId } },
    });
  }
}

/** Whether an answer is that of a use, as far as its team says. */
export function answers(answer: unknown, { teamId }: Usage): boolean {
  return (answer as Recorded).record?.usage?.["teamId"] === teamId;
}

/** @throws Error unless the answer holds the whole use. */
export function checkRecorded(answer: unknown, usage: Usage): void {
  const echoed = (answer as Recorded).record?.usage;
  for (const [name, sent] of Object.entries(usage)) {
    if (echoed?.[name] !== sent) {
      throw new Error(
        `${name} is ${JSON.stringify(echoed?.[name])} instead of ${JSON.stringify(sent)}`,
      );
    }
  }
}

/** @throws Error unless the message is the one at that place of the prompt's stream. */
export function checkGenerated(message: unknown, at: number, prompt: Prompt): void {
  const { meta, tokenDelta, event } = message as Generated;
  const found = [meta?.streamId, String(meta?.eventIndex), (tokenDelta ?? event?.value)?.text];
  const wanted = [prompt.threadId, String(at), prompt.agentId];
  if (found.join() !== wanted.join()) {
    throw new Error(`message ${at} is ${found.join()} instead of ${wanted.join()}`);
  }
}

interface Recorded {
  readonly record?: { readonly usage?: Readonly<Record<string, unknown>> };
}

// The member of a oneof is where protobufjs has it, or where protobuf-es has it.
interface Generated {
  readonly meta?: { readonly streamId: string; readonly eventIndex: bigint | string };
  readonly tokenDelta?: { readonly text: string };
  readonly event?: { readonly value?: { readonly text: string } };
}
