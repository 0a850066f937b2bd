import { randomUUID } from "node:crypto";
import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationMs, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import {
  ApprovalPolicySchema,
  ApprovalSchema,
  ApprovalState,
  DecisionSchema,
  DecisionType,
  type Approval,
  type ApprovalPolicy,
  type ApprovalService,
  type ResolveApprovalRequest,
} from "@ameideio/core-proto/ameide/approvals/v1";
import { habitsOf } from "./approval_habits.js";
import { personOf, type Call } from "./call.js";
import { Collection } from "./collection.js";
import { Problem } from "./errors.js";
import type { Methods } from "./service.js";
import type { Store } from "./store.js";

const EXPIRES_AFTER_MS = 24 * 60 * 60_000;

interface StoredApproval {
  readonly approval: Approval;
  /** Of the policy when it was requested. */
  readonly allowSelfApproval: boolean;
}

interface Approvals {
  readonly all: Collection<StoredApproval>;
  policy: ApprovalPolicy;
}

const makeApprovals = (store: Store): Approvals => ({
  all: new Collection(store, "approval"),
  policy: create(ApprovalPolicySchema),
});

/** ApprovalService. Approvals expire when they are looked at after their time. */
export function approvals(store: Store): Methods<typeof ApprovalService> {
  const of = (tenant: string) => store.state(tenant, makeApprovals);
  const find = (call: Call, id: string): StoredApproval => {
    const stored = of(call.tenant).all.get(id);
    expire(store, stored.approval);
    return stored;
  };
  return {
    requestApproval(request, call) {
      const { all, policy } = of(call.tenant);
      const { action, summary, riskLevel, requester, approvers } = request;
      const expiresAfterMs = policy.expiresAfter
        ? durationMs(policy.expiresAfter)
        : EXPIRES_AFTER_MS;
      const approval = create(ApprovalSchema, {
        id: randomUUID(),
        action,
        summary,
        riskLevel,
        requester,
        approvers,
        state: ApprovalState.PENDING,
        requestedAt: store.timestamp(),
        expiresAt: timestampFromMs(store.now() + expiresAfterMs),
        ...(request.arguments && { arguments: request.arguments }),
      });
      if (riskLevel <= policy.autoApproveUpTo && !policy.alwaysAsk.includes(action)) {
        decide(store, approval, { type: DecisionType.APPROVE });
      }
      all.add(approval.id, { approval, allowSelfApproval: policy.allowSelfApproval });
      return { approval };
    },

    resolveApproval(request, call) {
      const stored = find(call, request.approvalId);
      const { approval } = stored;
      const { decision, decidedBy, comment, changedArguments } = request;
      demandDecider(call, stored, decidedBy);
      const { type, decidedBy: by } = approval.decision ?? {};
      if (type === decision && by === decidedBy) {
        return { approval };
      }
      demandPending(approval);
      decide(store, approval, {
        type: decision,
        decidedBy,
        comment,
        ...(changedArguments && { changedArguments }),
      });
      return { approval };
    },

    getApproval({ approvalId }, call) {
      return { approval: find(call, approvalId).approval };
    },

    listPending(request, call) {
      const { all } = of(call.tenant);
      all.all().forEach(({ approval }) => expire(store, approval));
      const { approver, minRiskLevel } = request;
      const { items, nextPageToken } = all.page(call, request, {
        where: ({ approval: { state, approvers, riskLevel } }) =>
          state === ApprovalState.PENDING &&
          riskLevel >= minRiskLevel &&
          (approver === "" || approvers.length === 0 || approvers.includes(approver)),
      });
      return { approvals: items.map(({ approval }) => approval), nextPageToken };
    },

    getPolicy(_, call) {
      return { policy: of(call.tenant).policy };
    },

    setPolicy(request, call) {
      const policy = clone(ApprovalPolicySchema, request.policy ?? create(ApprovalPolicySchema));
      policy.updatedAt = store.timestamp();
      of(call.tenant).policy = policy;
      return { policy };
    },

    getHabits({ decidedBy, action }, call) {
      const all = of(call.tenant).all.all();
      const decided = all
        .map(({ approval }) => approval)
        .filter((each) => each.decision !== undefined && each.decision.decidedBy !== "")
        .filter((each) => decidedBy === "" || each.decision?.decidedBy === decidedBy)
        .filter((each) => action === "" || each.action === action);
      return { habits: habitsOf(decided) };
    },

    escalate({ approvalId, approvers }, call) {
      const { approval } = find(call, approvalId);
      demandPending(approval);
      if (!sameMembers(approval.approvers, approvers)) {
        approval.approvers = approvers;
        approval.escalationLevel += 1;
      }
      return { approval };
    },
  };
}

function expire(store: Store, approval: Approval): void {
  const { state, expiresAt } = approval;
  if (state === ApprovalState.PENDING && expiresAt && timestampMs(expiresAt) <= store.now()) {
    approval.state = ApprovalState.EXPIRED;
  }
}

function decide(
  store: Store,
  approval: Approval,
  init: Omit<MessageInitShape<typeof DecisionSchema>, "$typeName"> & { type: DecisionType },
): void {
  approval.decision = create(DecisionSchema, { ...init, decidedAt: store.timestamp() });
  approval.state =
    init.type === DecisionType.REJECT ? ApprovalState.REJECTED : ApprovalState.APPROVED;
}

function demandPending({ state }: Approval): void {
  if (state !== ApprovalState.PENDING) {
    throw new Problem(
      Code.FailedPrecondition,
      "APPROVAL_NOT_PENDING",
      `the approval is ${ApprovalState[state].toLowerCase()}`,
      { metadata: { state: ApprovalState[state] } },
    );
  }
}

function demandDecider(
  call: Call,
  { approval, allowSelfApproval }: StoredApproval,
  decidedBy: ResolveApprovalRequest["decidedBy"],
): void {
  const person = personOf(call);
  if (person !== undefined && person !== decidedBy) {
    throw denied("DECIDER_MISMATCH", "a person decides for themselves only");
  }
  if (approval.approvers.length > 0 && !approval.approvers.includes(decidedBy)) {
    throw denied("NOT_AN_APPROVER", `${decidedBy} is none of the approvers`);
  }
  if (approval.requester === decidedBy && !allowSelfApproval) {
    throw denied("SELF_APPROVAL", "who asks may not decide");
  }
}

function denied(reason: string, message: string): Problem {
  return new Problem(Code.PermissionDenied, reason, message);
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}
