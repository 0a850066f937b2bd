import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import {
  ApprovalService,
  ApprovalState,
  DecisionType,
  RiskLevel,
} from "@ameideio/core-proto/ameide/approvals/v1";
import { TokenType } from "@ameideio/core-proto/ameide/identity/v1";
import { expect, test } from "vitest";
import { agentTokenOf, failure, start } from "./harness/harness.js";

const ask = { action: "email.send", riskLevel: RiskLevel.MEDIUM, requester: "bot" };
const { APPROVE, APPROVE_WITH_CHANGES, REJECT } = DecisionType;

async function startApprovals(options: Parameters<typeof start>[0] = {}) {
  const clock = { now: 1_000 };
  const { client } = await start({ now: () => clock.now, ...options });
  const approvals = client(ApprovalService);
  const request = async (more: object = {}) =>
    (await approvals.requestApproval({ ...ask, ...more })).approval?.id ?? "";
  const resolve = async (approvalId: string, decision: DecisionType, decidedBy = "ada") =>
    (await approvals.resolveApproval({ approvalId, decision, decidedBy })).approval;
  return { clock, client, approvals, request, resolve };
}

test("an approval is decided once, and the same decision again changes nothing", async () => {
  const { clock, approvals, request, resolve } = await startApprovals();
  const approvalId = await request();
  const first = await resolve(approvalId, APPROVE);
  expect(first).toMatchObject({
    state: ApprovalState.APPROVED,
    decision: { type: APPROVE, decidedBy: "ada", decidedAt: timestampFromMs(1_000) },
  });
  clock.now = 2_000;
  expect(await resolve(approvalId, APPROVE)).toEqual(first);
  for (const [decision, by] of [
    [REJECT, "ada"],
    [APPROVE, "bob"],
  ] as const) {
    expect(await failure(resolve(approvalId, decision, by))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: "APPROVAL_NOT_PENDING",
      metadata: { state: "APPROVED" },
    });
  }
  expect((await approvals.getApproval({ approvalId })).approval).toEqual(first);
});

test("changed arguments come with the decision that is about them, and with no other", async () => {
  const { approvals, request } = await startApprovals();
  const approvalId = await request();
  const by = { approvalId, decidedBy: "ada" };
  const changedArguments = { count: 3 };
  for (const wrong of [
    { decision: APPROVE, changedArguments },
    { decision: APPROVE_WITH_CHANGES },
  ]) {
    expect(await failure(approvals.resolveApproval({ ...by, ...wrong }))).toMatchObject({
      fieldReasons: ["CHANGES_WITH_DECISION"],
    });
  }
  const right = { ...by, decision: APPROVE_WITH_CHANGES, changedArguments };
  expect((await approvals.resolveApproval(right)).approval?.decision).toMatchObject({
    changedArguments,
  });
});

test("an approval expires unless somebody decides", async () => {
  const { clock, approvals, request, resolve } = await startApprovals();
  await approvals.setPolicy({ policy: { expiresAfter: durationFromMs(5_000) } });
  const approvalId = await request();
  clock.now = 5_999;
  expect((await approvals.listPending({})).approvals).toHaveLength(1);
  clock.now = 6_000;
  expect((await approvals.listPending({})).approvals).toEqual([]);
  expect(await failure(resolve(approvalId, APPROVE))).toMatchObject({
    metadata: { state: "EXPIRED" },
  });
});

test("who may decide is an approver, not who asks, and speaks for themselves", async () => {
  const claims = { tokenType: TokenType.USER, subject: "ada" };
  const tokens = [{ token: "adas", claims }];
  const { client, approvals, request, resolve } = await startApprovals({ tokens });
  const narrow = await request({ approvers: ["ada"] });
  const approvalId = await request();
  const asAda = client(ApprovalService, { token: "adas" });
  const asAgent = client(ApprovalService, { token: await agentTokenOf(client, "adas") });
  for (const [call, reason] of [
    [() => resolve(narrow, APPROVE, "bob"), "NOT_AN_APPROVER"],
    [() => resolve(approvalId, APPROVE, "bot"), "SELF_APPROVAL"],
    [
      () => asAda.resolveApproval({ approvalId, decision: APPROVE, decidedBy: "bob" }),
      "DECIDER_MISMATCH",
    ],
    [
      () => asAgent.resolveApproval({ approvalId, decision: APPROVE, decidedBy: "bob" }),
      "DECIDER_MISMATCH",
    ],
  ] as const) {
    expect(await failure(call())).toMatchObject({ code: Code.PermissionDenied, reason });
  }
  await approvals.setPolicy({ policy: { allowSelfApproval: true } });
  expect(await resolve(await request(), APPROVE, "bot")).toMatchObject({ state: 2 });
});

test("the policy approves what is harmless by itself, but for what is always asked", async () => {
  const { approvals, request } = await startApprovals();
  expect((await approvals.getPolicy({})).policy?.updatedAt).toBeUndefined();
  await approvals.setPolicy({
    policy: { autoApproveUpTo: RiskLevel.MEDIUM, alwaysAsk: ["money.send"] },
  });
  const stateOf = async (more: object) =>
    (await approvals.getApproval({ approvalId: await request(more) })).approval;
  expect(await stateOf({})).toMatchObject({
    state: ApprovalState.APPROVED,
    decision: { decidedBy: "" },
  });
  expect(await stateOf({ riskLevel: RiskLevel.HIGH })).toMatchObject({ state: 1 });
  expect(await stateOf({ action: "money.send" })).toMatchObject({ state: 1 });
  expect((await approvals.getHabits({})).habits).toEqual([]);
});

test("pending approvals are listed for who may decide, by risk", async () => {
  const { client, approvals, request, resolve } = await startApprovals();
  const first = await request({ approvers: ["ada"] });
  const second = await request({ riskLevel: RiskLevel.CRITICAL });
  const ids = async (filter: object) =>
    (await approvals.listPending(filter)).approvals.map(({ id }) => id);
  expect(await ids({})).toEqual([second, first]);
  expect(await ids({ approver: "bob" })).toEqual([second]);
  expect(await ids({ minRiskLevel: RiskLevel.HIGH })).toEqual([second]);
  const escalate = () => approvals.escalate({ approvalId: first, approvers: ["bob", "cy"] });
  await escalate();
  expect((await escalate()).approval).toMatchObject({ escalationLevel: 1 });
  expect(await ids({ approver: "bob" })).toEqual([second, first]);
  await resolve(second, REJECT);
  expect(await ids({})).toEqual([first]);
  const others = client(ApprovalService, { tenant: "other" });
  expect((await others.listPending({})).approvals).toEqual([]);
});

test("habits are what people mostly decide, and how sure that is", async () => {
  const { approvals, request, resolve } = await startApprovals();
  for (let i = 0; i < 10; i++) {
    await resolve(await request(), i === 0 ? REJECT : APPROVE);
  }
  await resolve(await request({ action: "a" }), APPROVE, "bob");
  await resolve(await request({ action: "a" }), REJECT, "bob");
  const { habits } = await approvals.getHabits({});
  expect(habits).toMatchObject([
    { action: "a", usualDecision: REJECT, approvedCount: 1, rejectedCount: 1 },
    { action: "email.send", usualDecision: APPROVE, approvedCount: 9, rejectedCount: 1 },
  ]);
  expect(habits[1]?.confidence).toBeCloseTo(0.5958, 4);
  expect((await approvals.getHabits({ decidedBy: "ada" })).habits).toHaveLength(1);
  expect((await approvals.getHabits({ action: "a" })).habits).toHaveLength(1);
});
