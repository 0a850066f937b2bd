package ameide

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// One event of each kind, with what it says as JSON and whether it is logged at each level.
var allEvents = func() []struct {
	event Event
	json  string
	level LogLevel
} {
	base := EventBase{Method: "a.B/C", RequestID: "id", At: 1500 * time.Microsecond}
	after := time.Duration(0)
	const head = `{"method":"a.B/C","requestId":"id","atMs":1.5,"type":`
	return []struct {
		event Event
		json  string
		level LogLevel
	}{
		{AttemptStarted{EventBase: base, Attempt: 1, IdempotencyKey: "key-0123456789", Headers: map[string]string{"a": "REDACTED"}},
			head + `"attempt_started","attempt":1,"idempotencyKey":"key-0123456789","headers":{"a":"REDACTED"}}`, LogDebug},
		{AttemptStarted{EventBase: base, Attempt: 2, Timeout: time.Second},
			head + `"attempt_started","attempt":2,"timeoutMs":1000,"headers":{}}`, LogDebug},
		{AttemptFailed{EventBase: base, Attempt: 1, Code: connect.CodeUnavailable, Class: ClassNotSent, Origin: OriginTransport,
			Sent: SentNo, Message: "m", Duration: time.Millisecond, RetryAfter: &after, Explanation: "e"},
			head + `"attempt_failed","attempt":1,"code":"unavailable","class":"NOT_SENT","origin":"transport","sent":"no",` +
				`"message":"m","retryAfterMs":0,"durationMs":1,"delayMs":0,"explanation":"e"}`, LogWarn},
		{AttemptFailed{EventBase: base, Attempt: 1, Code: connect.CodeNotFound, Class: ClassNever, Origin: OriginServer,
			Sent: SentYes, HTTPStatus: 404, StopReason: StopNotRetryable},
			head + `"attempt_failed","attempt":1,"code":"not_found","class":"NEVER","origin":"server","sent":"yes",` +
				`"message":"","httpStatus":404,"durationMs":0,"stopReason":"not_retryable","explanation":""}`, LogWarn},
		{Waiting{EventBase: base, Delay: 25 * time.Millisecond, Class: ClassTransient, Kind: WaitRetry, BudgetTokens: 486},
			head + `"waiting","delayMs":25,"class":"TRANSIENT","kind":"retry","budgetTokens":486}`, LogWarn},
		{Done{EventBase: base, Attempts: 1, Duration: time.Second, BudgetTokens: 500},
			head + `"done","attempts":1,"durationMs":1000,"retryDelayMs":0,"budgetTokens":500}`, LogInfo},
		{Done{EventBase: base, Code: connect.CodeCanceled, StopReason: StopCanceled},
			head + `"done","code":"canceled","message":"","stopReason":"canceled","attempts":0,"durationMs":0,"retryDelayMs":0,"budgetTokens":0}`, LogError},
		{WouldHave{EventBase: base, What: "retried", Explanation: "e"}, head + `"would_have","what":"retried","explanation":"e"}`, LogWarn},
	}
}()

func TestEventsAsJSON(t *testing.T) {
	for _, each := range allEvents {
		got, err := json.Marshal(each.event)
		if err != nil || string(got) != each.json {
			t.Errorf("%s, %v\nwant %s", got, err, each.json)
		}
	}
}

func TestLogHasTheMembersOfEvents(t *testing.T) {
	order := []LogLevel{LogError, LogWarn, LogInfo, LogDebug}
	for at, level := range order {
		for _, each := range allEvents {
			var log bytes.Buffer
			sink := newLogSink(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), level)
			sink.event(each.event)
			isLogged := false
			for _, shown := range order[:at+1] {
				isLogged = isLogged || shown == each.level
			}
			if isLogged != (log.Len() > 0) {
				t.Errorf("level %s: %s", level, log.String())
			}
			if !isLogged {
				continue
			}
			if strings.Contains(log.String(), "key-0123456789") {
				t.Error("the key is logged")
			}
			var line, event map[string]any
			if json.Unmarshal(log.Bytes(), &line) != nil || json.Unmarshal([]byte(each.json), &event) != nil {
				t.Fatal(log.String())
			}
			if want := "ameide " + strings.Replace(event["type"].(string), "_", " ", 1); line["msg"] != want {
				t.Error(line["msg"])
			}
			for _, name := range []string{"time", "level", "msg"} {
				delete(line, name)
			}
			delete(event, "type")
			delete(event, "idempotencyKey")
			for name, value := range event {
				isEmpty := value == "" || reflect.DeepEqual(value, map[string]any{})
				if !isEmpty && !reflect.DeepEqual(line[name], value) {
					t.Errorf("%s: logged %v, told %v", name, line[name], value)
				}
			}
			for name := range line {
				if _, known := event[name]; !known && name != "headers" {
					t.Errorf("%s is no member of the event", name)
				}
			}
		}
	}
	if newLogSink(nil, LogDebug) != nil || newLogSink(slog.Default(), LogOff) != nil {
		t.Error("a sink that logs nothing")
	}
}

func TestHeadersAreRedacted(t *testing.T) {
	headers := http.Header{"Content-Type": {"application/json"}, "X-Api-Key": {"s3cret"}, "User-Agent": {"a\nb"}}
	bounds := policy.Behavior1()
	want := map[string]string{"content-type": "application/json", "x-api-key": "REDACTED", "user-agent": "a b"}
	if got := redactHeaders(headers, bounds); !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
	bounds.MaxEntries = 1
	if got := redactHeaders(headers, bounds); len(got) != 2 || got["…"] != "2 more" {
		t.Error(got)
	}
}
