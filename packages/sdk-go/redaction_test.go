package ameide_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

const secretToken = "s3cret-0123456789-abcdef"

// echoingTransport calls a server that fails and says what it was sent, in a header and in words.
func echoingTransport(t *testing.T, words string) *ameide.Transport {
	t.Helper()
	transport, err := ameidetest.NewTransport(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		answer.Header().Set("X-Echo", request.Header.Get("Authorization"))
		answer.Header().Set("Content-Type", "application/json")
		answer.WriteHeader(http.StatusBadRequest)
		_, _ = answer.Write([]byte(`{"code":"invalid_argument","message":"` + words + `"}`))
	}), ameide.WithTenant("acme"), ameide.WithAuth(ameide.BearerToken(secretToken)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return transport
}

// Wherever a long text is cut, no half of a credential is left.
func TestLongTextsLeaveNoHalfOfASecret(t *testing.T) {
	const most = 1024
	// U+017F is an s of two bytes, in another case.
	for _, echoed := range []string{secretToken, strings.ToUpper(secretToken), "\u017f" + secretToken[1:]} {
		for _, edge := range []int{most, 4 * most} {
			for at := edge - 2*len(echoed); at < edge+5*len(echoed); at++ {
				text := strings.Repeat("x", at) + echoed + strings.Repeat("y", 5*most)
				failed := ameide.FromError(listThreads(t.Context(), echoingTransport(t, text)))
				if len(failed.Message) != most {
					t.Fatalf("at %d it has %d bytes", at, len(failed.Message))
				}
				for _, text := range []string{failed.Message, failed.Error(), failed.Attempts[0].Message} {
					if strings.Contains(strings.ToLower(text), "3c") {
						t.Fatalf("at %d it says %q", at, text)
					}
				}
			}
		}
	}
	// Secrets make room for each other.
	failed := ameide.FromError(listThreads(t.Context(), echoingTransport(t, strings.Repeat(secretToken, 1_000))))
	if strings.Contains(failed.Message, "s3c") || len(failed.Message) < most {
		t.Errorf("%d bytes: %q", len(failed.Message), failed.Message)
	}
}
