import { toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import type { InputMessage, ModelSchema } from "@ameideio/core-proto/ameide/inference/v1";
import { MessagePartSchema, type MessagePart } from "@ameideio/core-proto/ameide/threads/v1";
import { notFound } from "./errors.js";

/** Bytes of UTF-8 that make a token. */
export const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;

/** Models by id. Every tenant may use them all. */
export const MODELS = [
  {
    id: "reference-large",
    provider: "reference",
    displayName: "Reference Large",
    maxInputTokens: 200_000n,
    maxOutputTokens: 16_384n,
    supportsTools: true,
  },
  {
    id: "reference-small",
    provider: "reference",
    displayName: "Reference Small",
    maxInputTokens: 32_768n,
    maxOutputTokens: 4_096n,
    supportsTools: false,
  },
] as const satisfies MessageInitShape<typeof ModelSchema>[];

/** One of {@link MODELS}. */
export type Model = (typeof MODELS)[number];

/**
 * Returns a model by its id; the first one for an empty id.
 *
 * @throws Problem `not_found`
 */
export function findModel(id: string): Model {
  const model = id === "" ? MODELS[0] : MODELS.find((known) => known.id === id);
  if (model === undefined) {
    throw notFound("model", id);
  }
  return model;
}

/** Counts the input tokens of messages: 4 for each, and those of their parts. */
export function countTokens(messages: readonly InputMessage[]): number {
  return messages.reduce(
    (sum, { parts }) =>
      sum + parts.reduce((some, part) => some + partTokens(part), TOKENS_PER_MESSAGE),
    0,
  );
}

/** Counts the tokens of a part: one for every 4 bytes, rounded up. */
export function partTokens(part: MessagePart): number {
  const bytes =
    part.content.case === "text"
      ? Buffer.byteLength(part.content.value)
      : toBinary(MessagePartSchema, part).length;
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}
