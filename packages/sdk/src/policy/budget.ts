import type { BudgetValues } from "./policy.js";

/**
 * A token bucket that bounds the load that retries add to one origin. First attempts are never
 * limited. Clients derived from one another share a bucket per origin. The scheme is gRPC's retry
 * throttling (A6), the numbers are those of the AWS SDKs.
 */
export interface Budget {
  /** Tokens left, never negative, never above the capacity. */
  tokens: number;
  readonly values: BudgetValues;
}

/** Creates a full bucket. */
export function createBudget(values: BudgetValues): Budget {
  return { tokens: values.capacity, values };
}

/** Returns the cost of a retry; a cheap one follows a failure that cost the server little. */
export function retryCost(values: BudgetValues, cheap: boolean): number {
  return cheap ? values.throttleCost : values.cost;
}

/** Takes the cost of a retry. Call only after finding that enough is left. */
export function debit(budget: Budget, cost: number): void {
  budget.tokens = Math.max(0, budget.tokens - cost);
}

/**
 * Refunds tokens after a successful call: the cost of its last paid retry, or `successRefund` if it
 * paid for none.
 */
export function refund(budget: Budget, lastCost: number | undefined, successRefund: number): void {
  budget.tokens = Math.min(budget.values.capacity, budget.tokens + (lastCost ?? successRefund));
}
