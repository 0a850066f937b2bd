package bench

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/ameideio/ameide-sdk-go"
)

var (
	bareHeaders = []string{"Accept-Encoding", "Connect-Protocol-Version", "Content-Type", "User-Agent"}
	allHeaders  = slices.Sorted(slices.Values(append([]string{
		"Authorization", "Connect-Timeout-Ms", "Idempotency-Key", "X-Request-Id", "X-Tenant-Id",
	}, bareHeaders...)))
)

// A contestant that does less than its name says would be no measure.
func TestContestantsSendWhatTheyShould(t *testing.T) {
	without := func(name string) []string {
		return slices.DeleteFunc(slices.Clone(allHeaders), func(each string) bool { return each == name })
	}
	for _, each := range []struct {
		name    string
		changes []ameide.Option
		want    []string
	}{
		{"sdk", nil, allHeaders},
		{"auth", []ameide.Option{ameide.WithoutAuth()}, without("Authorization")},
		{
			"tenant",
			[]ameide.Option{ameide.WithoutTenant(), ameide.WithPolicy([]byte(tenantOptional))},
			without("X-Tenant-Id"),
		},
		{"idempotency_key", []ameide.Option{ameide.WithoutIdempotencyKey()}, without("Idempotency-Key")},
		{"retry", []ameide.Option{ameide.WithoutRetry()}, allHeaders},
		{"deadline", []ameide.Option{ameide.WithoutRetry(), ameide.NoDeadline()}, without("Connect-Timeout-Ms")},
		{"telemetry", []ameide.Option{ameide.WithoutTelemetry()}, allHeaders},
	} {
		t.Run(each.name, func(t *testing.T) {
			var sent []string
			answers := unaryAnswer(recorded())
			answers.see = func(header http.Header) { sent = slices.Sorted(maps.Keys(header)) }
			if err := unaryOf(sdkOver(answers, each.changes...))(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(sent, each.want) {
				t.Errorf("sent %v, want %v", sent, each.want)
			}
		})
	}
}

func TestSameHeadersSendsThoseOfTheSDK(t *testing.T) {
	var sent []string
	answers := unaryAnswer(recorded())
	answers.see = func(header http.Header) { sent = slices.Sorted(maps.Keys(header)) }
	if err := unary(&sameHeaders{HTTPClient: answers}, cannedURL, uncompressed)(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sent, allHeaders) {
		t.Errorf("sent %v, want %v", sent, allHeaders)
	}
}

// Each side of each row makes calls that succeed.
func TestRowsRun(t *testing.T) {
	address, stop, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, row := range rows {
		for _, side := range []side{row.base, row.other, row.beside} {
			if side == nil {
				continue
			}
			if err := side(address)(t.Context()); err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
		}
	}
}
