import type { InferenceService } from "@ameideio/core-proto/ameide/inference/v1";
import { generate } from "./generate.js";
import { countTokens, findModel, MODELS } from "./models.js";
import { paginate } from "./pages.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

/**
 * InferenceService. Tokens are counted by a rule, the same for every model. There
 * are no agents here, so none has instructions that count.
 */
export function inference(store: Store): Methods<typeof InferenceService> {
  return {
    generate: (request, call) => generate(store, request, call),

    countTokens({ model, messages }) {
      findModel(model);
      return { inputTokens: BigInt(countTokens(messages)) };
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
