import { clone, create } from "@bufbuild/protobuf";
import {
  GovernedActionSchema,
  RetentionPolicySchema,
  SafetyPolicySchema,
  type GovernanceService,
} from "@ameideio/core-proto/ameide/governance/v1";
import { detectCredentials } from "./credentials.js";
import { governanceOf } from "./evaluation.js";
import { reportPii } from "./pii.js";
import { classifyRisk } from "./risk.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";
import { inCodePoints } from "./text_spans.js";

/** GovernanceService. It finds what has a form; of what words mean it knows nothing. */
export function governance(store: Store): Methods<typeof GovernanceService> {
  const of = (tenant: string) => governanceOf(store, tenant);
  return {
    evaluateAction({ action = create(GovernedActionSchema) }, call) {
      return { evaluation: of(call.tenant).evaluate(action) };
    },

    detectPii: ({ text, kinds }) => reportPii(text, kinds),

    classifyRisk: ({ action = create(GovernedActionSchema) }) => classifyRisk(action),

    checkCredentialExposure({ text }) {
      const findings = inCodePoints(text, detectCredentials(text));
      return { exposed: findings.length > 0, findings };
    },

    getRetentionPolicy({ resourceType }, call) {
      return { policy: of(call.tenant).retentionOf(resourceType) };
    },

    setRetentionPolicy(request, call) {
      const policy = clone(RetentionPolicySchema, request.policy ?? create(RetentionPolicySchema));
      policy.updatedAt = store.timestamp();
      of(call.tenant).retention.set(policy.resourceType, policy);
      return { policy };
    },

    checkLegalHold({ resourceType, resourceId }, call) {
      const holds = of(call.tenant).holdsOn({ type: resourceType, id: resourceId });
      return { held: holds.length > 0, holds };
    },

    setLegalHold({ matter, resourceType, resourceId, reason, release }, call) {
      const key = { matter, resourceType, resourceId };
      return { hold: of(call.tenant).setHold(key, { release, reason }) };
    },

    getSafetyPolicy(_, call) {
      return { policy: of(call.tenant).safety };
    },

    setSafetyPolicy(request, call) {
      const policy = clone(SafetyPolicySchema, request.policy ?? create(SafetyPolicySchema));
      policy.updatedAt = store.timestamp();
      of(call.tenant).safety = policy;
      return { policy };
    },
  };
}
