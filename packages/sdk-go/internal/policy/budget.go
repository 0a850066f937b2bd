package policy

import "sync"

// Budget is a token bucket that bounds what retries add to the load of one origin. First attempts are
// never gated. All clients derived from one share a bucket per origin. The scheme is that of gRPC's retry
// throttling (A6), the numbers are those of the AWS SDKs. It may be used by many goroutines at once.
type Budget struct {
	values BudgetValues
	mu     sync.Mutex
	tokens int64
}

// NewBudget is a full bucket.
func NewBudget(values BudgetValues) *Budget {
	return &Budget{values: values, tokens: values.Capacity}
}

// Values of the budget.
func (b *Budget) Values() BudgetValues { return b.values }

// Tokens left, never negative, never above the capacity.
func (b *Budget) Tokens() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tokens
}

// Decide is Decide by what the bucket has, and takes the cost of a retry in the same moment.
func (b *Budget) Decide(s *Situation, random func() float64) Decision {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Budget, s.Tokens = b.values, b.tokens
	decision := Decide(s, random)
	if decision.Retry {
		b.tokens = max(0, b.tokens-decision.Cost)
	}
	return decision
}

// Refund gives back when a call ends well: the cost of its last paid retry, or successRefund if it paid
// for none, which is a cost of 0.
func (b *Budget) Refund(lastCost, successRefund int64) {
	if lastCost == 0 {
		lastCost = successRefund
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens = min(b.values.Capacity, b.tokens+lastCost)
}

// RetryCost is what a retry costs; one that is cheap follows a failure that cost the server little.
func RetryCost(values BudgetValues, cheap bool) int64 {
	if cheap {
		return values.ThrottleCost
	}
	return values.Cost
}
