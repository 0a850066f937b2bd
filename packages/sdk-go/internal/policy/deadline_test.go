package policy

import "testing"

func TestOverallTimeoutSaturates(t *testing.T) {
	for _, each := range []struct{ policyMs, runtimeMs, ambientMs, want int64 }{
		{NoLimit, NoLimit, NoLimit, NoLimit},
		{30_000, NoLimit, NoLimit, 30_000},
		{30_000, 400, NoLimit, 400},
		{30_000, 400, 100, 95},
		{30_000, NoLimit, 3, -2},
		{NoLimit, NoLimit, NoLimit - 1, NoLimit - 6},
	} {
		got := OverallTimeout(Behavior1(), each.policyMs, each.runtimeMs, each.ambientMs)
		if got != each.want {
			t.Errorf("%+v gives %d", each, got)
		}
	}
	if got := Left(NoLimit, 5); got != NoLimit {
		t.Errorf("of no limit %d is left", got)
	}
	if got := Left(5, 9); got != 0 {
		t.Errorf("of a limit that is over %d is left", got)
	}
	if got := Plus(NoLimit-1, 2); got != NoLimit {
		t.Errorf("too much is %d", got)
	}
	if got := Plus(1, 2); got != 3 {
		t.Errorf("1 and 2 are %d", got)
	}
}

func TestTimeoutHeader(t *testing.T) {
	for _, each := range []struct {
		protocol    Protocol
		ms          int64
		name, value string
	}{
		{Connect, 1, "connect-timeout-ms", "1"},
		{Connect, 9_999_999_999, "connect-timeout-ms", "9999999999"},
		{GRPC, 99_999_999, "grpc-timeout", "99999999m"},
		{GRPCWeb, 100_000_000, "grpc-timeout", "100000S"},
		{GRPC, 100_000_999, "grpc-timeout", "100000S"},
	} {
		if name, value := TimeoutHeader(each.protocol, each.ms); name != each.name || value != each.value {
			t.Errorf("%s of %d ms is %s: %s", each.protocol, each.ms, name, value)
		}
	}
}

func TestWireTimeout(t *testing.T) {
	constants := Behavior1()
	for _, each := range []struct {
		limit     AttemptLimit
		remaining int64
		want      int64
		expired   bool
	}{
		{LimitOf(NoLimit, NoLimit, AbortAttemptTimeout), NoLimit, NoLimit, false},
		{LimitOf(5_000, 400, AbortAttemptTimeout), 5_000, 400, false},
		{LimitOf(5_000, 400, AbortIdleTimeout), 5_000, 5_000, false},
		{LimitOf(NoLimit, 400, AbortIdleTimeout), NoLimit, NoLimit, false},
		{LimitOf(300, 400, AbortAttemptTimeout), 300, 300, false},
		{LimitOf(0, 400, AbortAttemptTimeout), 0, 0, true},
		{LimitOf(MaxSafe, NoLimit, AbortAttemptTimeout), MaxSafe, 9_999_999_999, false},
	} {
		ms, expired := WireTimeout(constants, each.limit, each.remaining)
		if ms != each.want || expired != each.expired {
			t.Errorf("%+v gives %d, expired %t", each, ms, expired)
		}
	}
}

func TestSendsAt(t *testing.T) {
	for _, each := range []struct {
		isFirst, asked bool
		now, want      int64
	}{
		{true, false, 103, 100}, {true, true, 100, 100}, {true, true, 101, 101}, {false, false, 103, 103},
	} {
		if got := SendsAtMs(100, each.now, each.isFirst, each.asked); got != each.want {
			t.Errorf("%+v gives %d", each, got)
		}
	}
}
