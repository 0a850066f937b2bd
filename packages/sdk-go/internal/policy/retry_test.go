package policy

import (
	"math"
	"sync"
	"testing"
)

func situation(class RetryClass) *Situation {
	constants := Behavior1()
	values := constants.Defaults
	return &Situation{
		Constants:   constants,
		Policy:      &values,
		Failure:     &Failure{Code: CodeUnavailable, Origin: OriginServer, Sent: SentYes},
		Class:       class,
		State:       RetryState{Attempts: 1},
		KeySent:     true,
		Input:       InputReplayable,
		RemainingMs: NoLimit,
	}
}

func always(u float64) func() float64 { return func() float64 { return u } }

// The bucket of a Situation is full where nobody else spends from it.
func decide(s *Situation, u float64) Decision {
	return NewBudget(s.Constants.Budget).Decide(s, always(u))
}

func TestBackoffStaysBelowItsCap(t *testing.T) {
	s := situation(Transient)
	s.State.Exponent = 5_000
	if got := decide(s, math.Nextafter(1, 0)); got.DelayMs != s.Policy.MaxDelayMs-1 {
		t.Errorf("the delay is %d", got.DelayMs)
	}
	s.Policy.MaxDelayMs, s.Policy.BaseDelayMs = MaxSafe, MaxSafe
	if got := decide(s, 0.5); got.DelayMs != MaxSafe/2 {
		t.Errorf("the delay is %d", got.DelayMs)
	}
}

func TestAHintIsAFloor(t *testing.T) {
	s := situation(Transient)
	s.Policy.MaxServerDelayMs = MaxSafe
	s.Failure.Hint = &Hint{HintDelay, MaxSafe, FromRetryInfo}
	if got := decide(s, 0.999); !got.Retry || got.DelayMs != MaxSafe+999 {
		t.Errorf("decides %+v", got)
	}
	s.RemainingMs = MaxSafe
	if got := decide(s, 0.999); got.StopReason != StopServerDelay {
		t.Errorf("decides %+v", got)
	}
}

// Calls in parallel spend no more than there is.
func TestABudgetIsSpentOnce(t *testing.T) {
	values := BudgetValues{Capacity: 100, Cost: 14, ThrottleCost: 5}
	budget := NewBudget(values)
	var wait sync.WaitGroup
	var mu sync.Mutex
	retries := 0
	for range 50 {
		wait.Go(func() {
			decision := budget.Decide(situation(Transient), always(0))
			mu.Lock()
			defer mu.Unlock()
			if decision.Retry {
				retries++
			} else if decision.StopReason != StopBudget {
				t.Errorf("stops for %s", decision.StopReason)
			}
		})
	}
	wait.Wait()
	if retries != 7 || budget.Tokens() != 2 {
		t.Errorf("%d retries left %d tokens", retries, budget.Tokens())
	}
	for range 10 {
		budget.Refund(14, 1)
	}
	budget.Refund(0, 1)
	if budget.Tokens() != 100 {
		t.Errorf("refunds left %d tokens", budget.Tokens())
	}
}

func FuzzDecide(f *testing.F) {
	f.Add(int64(1), int64(0), int64(50), int64(20_000), int64(-1), int64(NoLimit), 0.5, false)
	f.Add(int64(2), int64(60), int64(1), MaxSafe, int64(1_000), int64(1_000), 0.999, true)
	f.Add(int64(1), int64(1), int64(1), int64(1), int64(0), int64(0), 0.0, true)
	f.Fuzz(func(t *testing.T, attempts, exponent, base, most, asked, remaining int64, u float64, waits bool) {
		if u < 0 || u >= 1 || math.IsNaN(u) || base < 1 || most < 1 || attempts < 1 || exponent < 0 || remaining < 0 {
			return
		}
		for _, class := range []RetryClass{NotSent, Ambiguous, Throttle, Transient} {
			s := situation(class)
			s.State = RetryState{Attempts: attempts, Exponent: exponent, Waits: exponent, Transparent: waits}
			s.Policy.BaseDelayMs, s.Policy.MaxDelayMs, s.Policy.WaitForReady = min(base, MaxSafe), min(most, MaxSafe), waits
			s.RemainingMs = remaining
			if asked >= 0 {
				s.Failure.Hint = &Hint{HintDelay, min(asked, MaxSafe), FromRetryInfo}
			}
			got := decide(s, u)
			switch {
			case got.Retry && (got.DelayMs < 0 || got.StopReason != ""):
				t.Fatalf("%s: %+v", class, got)
			case got.Retry && remaining != NoLimit && got.DelayMs >= remaining:
				t.Fatalf("%s: waits %d of %d ms", class, got.DelayMs, remaining)
			case !got.Retry && got.StopReason == "":
				t.Fatalf("%s: stops for nothing", class)
			case got.Retry && class != NotSent && asked >= 0 && got.DelayMs < min(asked, MaxSafe):
				t.Fatalf("%s: waits %d ms, asked for %d", class, got.DelayMs, asked)
			}
		}
	})
}
