import { create } from "@bufbuild/protobuf";
import { durationMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { RiskLevel } from "@ameideio/core-proto/ameide/approvals/v1";
import {
  Effect,
  EvaluationSchema,
  LegalHoldSchema,
  RetentionPolicySchema,
  SafetyPolicySchema,
  type Evaluation,
  type GovernedAction,
  type GovernedResource,
  type LegalHold,
  type RetentionPolicy,
  type SafetyPolicy,
} from "@ameideio/core-proto/ameide/governance/v1";
import { Collection } from "./collection.js";
import { detectCredentials } from "./credentials.js";
import { detectPii } from "./pii.js";
import { classifyRisk, deedOf, textsOf } from "./risk.js";
import type { Store } from "./store.js";

const { ALLOW, REQUIRE_APPROVAL, DENY, UNSPECIFIED } = Effect;

interface Reason {
  code: string;
  message: string;
  effect: Effect;
}

/** Policies and holds of a tenant. */
export class Governance {
  readonly holds: Collection<LegalHold>;
  readonly retention = new Map<string, RetentionPolicy>();
  safety: SafetyPolicy = create(SafetyPolicySchema, {
    requireApprovalFrom: RiskLevel.HIGH,
    piiEffect: REQUIRE_APPROVAL,
  });

  constructor(private readonly store: Store) {
    this.holds = new Collection(store, "legal_hold");
  }

  /** Returns how long resources of a type are kept. */
  retentionOf(resourceType: string): RetentionPolicy {
    return (
      this.retention.get(resourceType) ??
      this.retention.get("") ??
      create(RetentionPolicySchema, { resourceType })
    );
  }

  /** Lists the holds that a resource is under, in the order they were first placed. */
  holdsOn({ type, id }: Pick<GovernedResource, "type" | "id">): LegalHold[] {
    return this.holds
      .all()
      .filter(
        ({ releasedAt, resourceType, resourceId }) =>
          releasedAt === undefined &&
          resourceType === type &&
          (resourceId === "" || resourceId === id),
      );
  }

  /** Places or releases a hold. What is placed or released already stays as it is. */
  setHold(key: Pick<LegalHold, "matter" | "resourceType" | "resourceId">, change: Change) {
    const { matter, resourceType, resourceId } = key;
    const name = JSON.stringify([matter, resourceType, resourceId]);
    const known = change.release ? this.holds.get(name) : this.holds.find(name);
    const isReleased = known?.releasedAt !== undefined;
    if (known !== undefined && change.release === isReleased) {
      return known;
    }
    const now = this.store.timestamp();
    const init = { matter, resourceType, resourceId };
    return this.holds.set(
      name,
      change.release
        ? { ...(known ?? create(LegalHoldSchema, init)), releasedAt: now }
        : create(LegalHoldSchema, { ...init, reason: change.reason, placedAt: now }),
    );
  }

  /** Judges an action, as the proto of EvaluateAction says. */
  evaluate(action: GovernedAction): Evaluation {
    const { riskLevel } = classifyRisk(action);
    const reasons = [
      ...this.namedReasons(action),
      ...this.riskReasons(riskLevel),
      ...this.textReasons(action),
      ...this.destructionReasons(action),
    ].sort((a, b) => b.effect - a.effect);
    return create(EvaluationSchema, {
      effect: reasons[0]?.effect ?? ALLOW,
      riskLevel,
      reasons,
      evaluatedAt: this.store.timestamp(),
    });
  }

  private namedReasons({ action }: GovernedAction): Reason[] {
    const { deniedActions, approvalActions } = this.safety;
    const by = (patterns: readonly string[], code: string, effect: Effect) =>
      patterns
        .filter((pattern) => names(pattern, action))
        .map((pattern) => ({ code, message: `the safety policy names ${pattern}`, effect }));
    return [
      ...by(deniedActions, "DENIED_ACTION", DENY).slice(0, 1),
      ...by(approvalActions, "APPROVAL_ACTION", REQUIRE_APPROVAL).slice(0, 1),
    ];
  }

  private riskReasons(risk: RiskLevel): Reason[] {
    const { denyFrom, requireApprovalFrom } = this.safety;
    const reaches = (from: RiskLevel) => from !== RiskLevel.UNSPECIFIED && risk >= from;
    const message = `its risk is ${RiskLevel[risk].toLowerCase()}`;
    if (reaches(denyFrom)) {
      return [{ code: "RISK", message, effect: DENY }];
    }
    return reaches(requireApprovalFrom)
      ? [{ code: "RISK", message, effect: REQUIRE_APPROVAL }]
      : [];
  }

  private textReasons(action: GovernedAction): Reason[] {
    const texts = textsOf(action);
    const { piiEffect } = this.safety;
    const reasons: Reason[] = [];
    if (texts.some((text) => detectCredentials(text).length > 0)) {
      const message = "its arguments have a credential";
      reasons.push({ code: "CREDENTIAL_EXPOSED", message, effect: DENY });
    }
    const sends = deedOf(action.action).deed === "SENDS";
    const counts = piiEffect !== UNSPECIFIED && piiEffect !== ALLOW;
    if (sends && counts && texts.some((text) => detectPii(text).length > 0)) {
      reasons.push({ code: "PII_LEAVES", message: "it sends personal data", effect: piiEffect });
    }
    return reasons;
  }

  private destructionReasons({ action, resource }: GovernedAction): Reason[] {
    if (resource === undefined || deedOf(action).deed !== "DESTROYS") {
      return [];
    }
    const reasons: Reason[] = [];
    const [hold] = this.holdsOn(resource);
    if (hold !== undefined) {
      const message = `${resource.type} ${resource.id} is under the hold ${hold.matter}`;
      reasons.push({ code: "LEGAL_HOLD", message, effect: DENY });
    }
    const { minRetention } = this.retentionOf(resource.type);
    const { createdAt } = resource;
    if (minRetention !== undefined && createdAt !== undefined) {
      if (this.store.now() < timestampMs(createdAt) + durationMs(minRetention)) {
        const message = `${resource.type} ${resource.id} must be kept longer`;
        reasons.push({ code: "RETENTION", message, effect: DENY });
      }
    }
    return reasons;
  }
}

interface Change {
  release: boolean;
  reason: string;
}

const makeGovernance = (store: Store) => new Governance(store);

/** Returns the policies and holds of a tenant. */
export function governanceOf(store: Store, tenant: string): Governance {
  return store.state(tenant, makeGovernance);
}

function names(pattern: string, action: string): boolean {
  return pattern.endsWith(".*") ? action.startsWith(pattern.slice(0, -1)) : pattern === action;
}
