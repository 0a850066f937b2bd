import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  DecisionType,
  type Approval,
  type HabitSchema,
} from "@ameideio/core-proto/ameide/approvals/v1";
import { isBefore } from "./times.js";

// Of the standard normal distribution, for 95 %.
const Z = 1.959964;

/** Sums decided approvals up to habits, by action. */
export function habitsOf(decided: readonly Approval[]): MessageInitShape<typeof HabitSchema>[] {
  const actions = [...new Set(decided.map(({ action }) => action))].sort();
  return actions.map((action) => {
    const decisions = decided.flatMap((each) =>
      each.action === action && each.decision ? [each.decision] : [],
    );
    const rejectedCount = decisions.filter(({ type }) => type === DecisionType.REJECT).length;
    const approvedCount = decisions.length - rejectedCount;
    const approves = approvedCount > rejectedCount;
    const last = decisions
      .map(({ decidedAt }) => decidedAt)
      .reduce((a, b) => (b && isBefore(a, b) ? b : a));
    return {
      action,
      approvedCount,
      rejectedCount,
      usualDecision: approves ? DecisionType.APPROVE : DecisionType.REJECT,
      confidence: wilson(Math.max(approvedCount, rejectedCount), decisions.length),
      ...(last && { lastDecidedAt: last }),
    };
  });
}

/** Computes the lower bound of the Wilson score interval of a share. */
function wilson(count: number, of: number): number {
  const share = count / of;
  const square = Z ** 2 / of;
  const spread = Z * Math.sqrt((share * (1 - share)) / of + square / (4 * of));
  return (share + square / 2 - spread) / (1 + square);
}
