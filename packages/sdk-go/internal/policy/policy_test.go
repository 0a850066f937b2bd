package policy

import "testing"

func TestResolveTakesTheNearest(t *testing.T) {
	near, far := Layer{Source: "near"}, Layer{Source: "far"}
	near.Values.Set(MaxAttempts, int64(2))
	far.Values.Set(MaxAttempts, int64(4))
	far.Values.Set(TimeoutMs, NoLimit)
	effective := Resolve([]Layer{near, far}, "built-in", Behavior1().Defaults)
	if effective.Values.MaxAttempts != 2 || effective.Sources[MaxAttempts] != "near" {
		t.Errorf("maxAttempts is %d, from %s", effective.Values.MaxAttempts, effective.Sources[MaxAttempts])
	}
	if effective.Values.TimeoutMs != NoLimit || effective.Sources[TimeoutMs] != "far" {
		t.Errorf("timeoutMs is %d, from %s", effective.Values.TimeoutMs, effective.Sources[TimeoutMs])
	}
	if effective.Values.BaseDelayMs != 50 || effective.Sources[BaseDelayMs] != "built-in" {
		t.Errorf("baseDelayMs is %d, from %s", effective.Values.BaseDelayMs, effective.Sources[BaseDelayMs])
	}
}

func TestAPartStatesZeroToo(t *testing.T) {
	var part Part
	if !part.IsEmpty() || part.Has(Retry) {
		t.Error("a new part states something")
	}
	part.Set(Retry, false)
	if values := part.On(Behavior1().Defaults); values.Retry || values.MaxAttempts != 3 {
		t.Errorf("retry is %t, maxAttempts %d", values.Retry, values.MaxAttempts)
	}
	var nearer Part
	nearer.Set(MaxAttempts, int64(1))
	nearer.Over(&part)
	if !nearer.Has(Retry) || nearer.Get(Retry) != false {
		t.Error("what a farther part states is lost")
	}
	nearer.Without(&part)
	if nearer.Has(Retry) || !nearer.Has(MaxAttempts) {
		t.Error("a part keeps what is shadowed, or loses what is not")
	}
}

// RFC 8785, section 3.2.2.2, and its sample of strings.
func TestCanonicalJSON(t *testing.T) {
	for _, each := range []struct {
		value any
		want  string
	}{
		{nil, `null`},
		{true, `true`},
		{MaxSafe, `9007199254740991`},
		{[]string{}, `[]`},
		{[]string{"a", "b"}, `["a","b"]`},
		{map[string]any{"b": int64(1), "a": nil, "B": false}, `{"B":false,"a":null,"b":1}`},
		{"\u20ac$\u000f\nA'B\"\\\\\"/", `"€$\u000f\nA'B\"\\\\\"/"`},
		{"\b\f\r\t<>&\u2028\x7f", "\"\\b\\f\\r\\t<>&\u2028\x7f\""},
		{"\xff", "\"\ufffd\""},
	} {
		if got := JSON(each.value); got != each.want {
			t.Errorf("%q is %s, not %s", each.value, got, each.want)
		}
	}
}

func TestCanonicalJSONOfThePolicy(t *testing.T) {
	defaults := DefaultsFor(Behavior1().Defaults, ServerStreaming)
	const want = `{"attemptTimeoutMs":10000,"authMode":"bearer","baseDelayMs":50,"carriesIdempotencyKey":false,` +
		`"firstMessageTimeoutMs":30000,"idempotency":"unknown","idempotencyKey":"auto","idleTimeoutMs":60000,` +
		`"longLived":false,"maxAttempts":3,"maxDelayMs":20000,"maxServerDelayMs":60000,"requestIdField":null,` +
		`"requireIdempotency":false,"retry":true,"retryableCodes":[],"scopes":[],"tenantMode":"optional",` +
		`"throttleDelayMs":1000,"timeoutMs":null,"waitForReady":false}`
	if got := defaults.CanonicalJSON(); got != want {
		t.Errorf("is %s", got)
	}
}
