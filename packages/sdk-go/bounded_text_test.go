package ameide

import (
	"strings"
	"testing"
)

func TestRedactsInEveryCase(t *testing.T) {
	for text, want := range map[string]string{
		"key S3CRET-01 here":                         "key REDACTED here",
		"s3cret-01s3cret-01":                         "REDACTEDREDACTED",
		"\u212ay \u212aEY-of-A\u017f\u017f and more": "\u212ay REDACTED and more",
		"nothing of it":                              "nothing of it",
	} {
		if got := redact(text, []string{"s3cret-01", "key-of-ass"}, 1000); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A pattern of it does not compile.
func TestRedactsSecretOfMegabytes(t *testing.T) {
	secret := strings.Repeat("aB3", 1_500_000)
	text := "it says " + strings.ToUpper(secret) + ", and"
	if got := redact(text, []string{secret}, 1000); got != "it says REDACTED, and" {
		t.Errorf("%.40q", got)
	}
}
