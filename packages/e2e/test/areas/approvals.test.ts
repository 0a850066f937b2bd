import { isAmeideError } from "@ameideio/ameide-sdk-ts";
import { ApprovalState, DecisionType, RiskLevel } from "@ameideio/ameide-sdk-ts/approvals/v1";
import { expect, it } from "vitest";
import { startAreas } from "../harness/areas.js";

it("a person decides what an agent asked for, once", async () => {
  const { ameide } = await startAreas();
  const { approval } = await ameide.approval.requestApproval({
    action: "email.send",
    riskLevel: RiskLevel.HIGH,
    requester: "outreach/run-7",
  });
  const approvalId = approval?.id ?? "";
  expect(approval?.state).toBe(ApprovalState.PENDING);
  const decide = (decision: DecisionType) =>
    ameide.approval.resolveApproval({ approvalId, decision, decidedBy: "ada" });
  expect((await decide(DecisionType.REJECT)).approval?.state).toBe(ApprovalState.REJECTED);
  const error = await decide(DecisionType.APPROVE).catch((reason: unknown) => reason);
  expect(isAmeideError(error) && [error.reason, error.attempts.length]).toEqual([
    "APPROVAL_NOT_PENDING",
    1,
  ]);
  expect((await ameide.approval.listPending({})).approvals).toEqual([]);
});
