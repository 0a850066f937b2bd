import { toBinary } from "@bufbuild/protobuf";
import type {
  InferenceService,
  InputMessage,
  ModelSchema,
} from "@ameideio/core-proto/ameide/inference/v1";
import { MessagePartSchema, type MessagePart } from "@ameideio/core-proto/ameide/threads/v1";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { notFound } from "./errors.js";
import { paginate } from "./pages.js";
import type { UnaryMethods } from "./service.js";
import type { Store } from "./store.js";

const BYTES_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 4;

const MODELS = [
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
] satisfies MessageInitShape<typeof ModelSchema>[];

/**
 * InferenceService without Generate. Tokens are counted by a rule, the same for
 * every model: 4 for each message, and one for every 4 bytes of a part, begun
 * ones included. There are no agents here, so none has instructions that count.
 */
export function inference(store: Store): UnaryMethods<typeof InferenceService> {
  return {
    countTokens(request) {
      const { model, messages } = request;
      if (model !== "" && !MODELS.some(({ id }) => id === model)) throw notFound("model", model);
      const tokens = messages.reduce((sum, message) => sum + messageTokens(message), 0);
      return { inputTokens: BigInt(tokens) };
    },

    listModels(request, call) {
      const { items, nextPageToken } = paginate(store.sealer, call, request, MODELS, {
        key: ({ id }) => id,
        direction: "ascending",
      });
      return { models: items, nextPageToken };
    },
  };
}

function messageTokens({ parts }: InputMessage): number {
  return parts.reduce(
    (sum, part) => sum + Math.ceil(partBytes(part) / BYTES_PER_TOKEN),
    TOKENS_PER_MESSAGE,
  );
}

function partBytes(part: MessagePart): number {
  return part.content.case === "text"
    ? Buffer.byteLength(part.content.value)
    : toBinary(MessagePartSchema, part).length;
}
