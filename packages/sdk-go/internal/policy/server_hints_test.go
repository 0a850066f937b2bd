package policy

import (
	"math"
	"strings"
	"testing"
)

// 1994-11-06T08:49:37Z
const wallNowMs = int64(784111777000)

func hintOf(name, value string) *Hint {
	return ReadHint(HintSource{
		Get:       func(asked string) (string, bool) { return value, asked == name },
		WallNowMs: wallNowMs,
	})
}

func TestHintsAtTheirBounds(t *testing.T) {
	for _, each := range []struct {
		name, value string
		want        Hint // its zero value: none
	}{
		{"grpc-retry-pushback-ms", " 7\t", Hint{HintPushback, 7, ""}},
		{"grpc-retry-pushback-ms", "-1", Hint{Kind: HintStop}},
		{"grpc-retry-pushback-ms", "", Hint{Kind: HintStop}},
		{"grpc-retry-pushback-ms", "1, 2", Hint{Kind: HintStop}},
		{"grpc-retry-pushback-ms", strings.Repeat("9", 400), Hint{HintPushback, MaxSafe, ""}},
		{"retry-after-ms", "0", Hint{HintDelay, 0, FromRetryAfterMs}},
		{"retry-after-ms", "9007199254740992", Hint{HintDelay, MaxSafe, FromRetryAfterMs}},
		{"retry-after-ms", "1.5", Hint{}},
		{"retry-after-ms", "+1", Hint{}},
		{"retry-after-ms", "１", Hint{}},
		{"retry-after", "9007199254741", Hint{HintDelay, MaxSafe, FromRetryAfter}},
		{"retry-after", "9007199254740", Hint{HintDelay, 9007199254740000, FromRetryAfter}},
		{"retry-after", "Sun, 06 Nov 1994 08:49:38 GMT", Hint{HintDelay, 1_000, FromRetryAfter}},
		{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", Hint{}},
		{"retry-after", "Mon, 06 Nov 1994 08:49:38 GMT", Hint{}},
		{"retry-after", "sun, 06 nov 1994 08:49:38 GMT", Hint{}},
		{"retry-after", "Thu, 30 Feb 1995 08:49:38 GMT", Hint{}},
		{"retry-after", "Sun, 6 Nov 1994 08:49:38 GMT", Hint{}},
		{"retry-after", "Sun, 06 Nov 1994 08:49:38 UTC", Hint{}},
		{"retry-after", "Sunday, 06-Nov-94 08:49:38 GMT", Hint{}},
		{"x-retry-after", "1", Hint{}},
	} {
		got := hintOf(each.name, each.value)
		if got == nil {
			got = &Hint{}
		}
		if *got != each.want {
			t.Errorf("%s: %s is %+v", each.name, each.value, *got)
		}
	}
}

func TestRetryInfoMs(t *testing.T) {
	for _, each := range []struct {
		seconds int64
		nanos   int32
		want    int64
	}{
		{0, 0, 0}, {0, 1, 1}, {0, 1_000_000, 1}, {1, 1_000_001, 1_002}, {-1, 0, -1}, {0, -1, -1},
		{math.MaxInt64, 999_999_999, MaxSafe}, {9_007_199_254_740, 991_000_000, MaxSafe},
		{9_007_199_254_740, 990_000_000, MaxSafe - 1},
	} {
		if got := RetryInfoMs(each.seconds, each.nanos); got != each.want {
			t.Errorf("%d s and %d ns are %d ms", each.seconds, each.nanos, got)
		}
	}
	negative := int64(-1)
	none := func(string) (string, bool) { return "", false }
	if hint := ReadHint(HintSource{Get: none, RetryInfoMs: &negative}); hint != nil {
		t.Errorf("a negative delay is %+v", *hint)
	}
}

func FuzzReadHint(f *testing.F) {
	for _, seed := range []string{
		"5", "-5", " 7 ", "1e3", "0x1", "99999999999999999999", "Sun, 06 Nov 1994 08:49:38 GMT",
		"Mon, 06 Nov 1994 08:49:38 GMT", "Thu, 30 Feb 1995 08:49:38 GMT", "\x00", "１",
	} {
		for which := range byte(3) {
			f.Add(which, seed, wallNowMs)
		}
	}
	names := []string{"grpc-retry-pushback-ms", "retry-after-ms", "retry-after"}
	f.Fuzz(func(t *testing.T, which byte, value string, now int64) {
		name := names[int(which)%len(names)]
		hint := ReadHint(HintSource{
			Get:       func(asked string) (string, bool) { return value, asked == name },
			WallNowMs: now % MaxSafe,
		})
		if hint == nil {
			if name == names[0] {
				t.Fatal("a pushback is no hint")
			}
			return
		}
		if hint.DelayMs < 0 {
			t.Fatalf("%s: %q is a wait of %d ms", name, value, hint.DelayMs)
		}
		if isStop := hint.Kind == HintStop; isStop && name != names[0] {
			t.Fatalf("%s: %q is a stop", name, value)
		}
	})
}
