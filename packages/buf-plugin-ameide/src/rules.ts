import type { Rule } from "./rule.js";
import { idempotencyLevel } from "./rules/idempotency_level.js";
import { listPages } from "./rules/list_pages.js";
import { methodName } from "./rules/method_name.js";
import { oneService } from "./rules/one_service.js";
import { tenant } from "./rules/tenant.js";

/** The category of all rules: `lint.use: [AMEIDE]` of `buf.yaml` takes each of them. */
export const CATEGORY = {
  id: "AMEIDE",
  purpose: "Checks what SDKs of every language need to know of a service.",
};

/** Every rule, sorted by id. */
export const RULES: readonly Rule[] = [oneService, idempotencyLevel, listPages, methodName, tenant];
