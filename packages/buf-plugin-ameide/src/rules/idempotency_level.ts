import { isFieldSet } from "@bufbuild/protobuf";
import { MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import { methodRule } from "../rule.js";

export const idempotencyLevel = methodRule(
  {
    id: "AMEIDE_RPC_IDEMPOTENCY_LEVEL",
    purpose: "Checks that every method states its idempotency level.",
  },
  ({ proto: { options } }) =>
    options !== undefined && isFieldSet(options, MethodOptionsSchema.field.idempotencyLevel)
      ? []
      : [
          "states no idempotency_level: add NO_SIDE_EFFECTS, IDEMPOTENT, or IDEMPOTENCY_UNKNOWN " +
            "where repeating it has another effect",
        ],
);
