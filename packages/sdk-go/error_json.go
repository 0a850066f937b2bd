package ameide

import (
	"encoding/json"
	"log/slog"
	"time"
)

// The plain data of an error, in the order in which it is printed.
type errorJSON struct {
	Name                   string                  `json:"name"`
	Code                   string                  `json:"code"`
	Message                string                  `json:"message"`
	Method                 string                  `json:"method,omitempty"`
	Origin                 Origin                  `json:"origin"`
	Reason                 string                  `json:"reason,omitempty"`
	Domain                 string                  `json:"domain,omitempty"`
	ReasonMetadata         map[string]string       `json:"reasonMetadata"`
	FieldViolations        []FieldViolation        `json:"fieldViolations"`
	QuotaViolations        []QuotaViolation        `json:"quotaViolations"`
	PreconditionViolations []PreconditionViolation `json:"preconditionViolations"`
	Details                []string                `json:"details"`
	RetryAfterMs           *float64                `json:"retryAfterMs,omitempty"`
	RequestID              string                  `json:"requestId,omitempty"`
	ServerRequestID        string                  `json:"serverRequestId,omitempty"`
	HTTPStatus             int                     `json:"httpStatus,omitempty"`
	Attempts               []AttemptFailure        `json:"attempts"`
	StopReason             StopReason              `json:"stopReason,omitempty"`
	Explanation            string                  `json:"explanation,omitempty"`
	Retryable              bool                    `json:"retryable"`
	Committed              bool                    `json:"committed"`
}

func (e *Error) json() errorJSON {
	bounds := e.bounds
	if bounds == nil {
		bounds = behavior1
	}
	print := func(text string) string { return summary(text, bounds.MaxPrintedTextBytes) }
	attempts := e.Attempts
	if attempts == nil {
		attempts = []AttemptFailure{}
	}
	return errorJSON{
		Name:           "AmeideError",
		Code:           e.Code.String(),
		Message:        printable(e.Message),
		Method:         e.Method,
		Origin:         e.Origin,
		Reason:         print(e.Reason),
		Domain:         print(e.Domain),
		ReasonMetadata: printedMap(e.promoted.metadata, bounds),
		FieldViolations: printedList(e.promoted.fields, bounds,
			func(v FieldViolation) FieldViolation { return FieldViolation{print(v.Field), print(v.Description)} },
			func(more string) FieldViolation { return FieldViolation{"…", more} }),
		QuotaViolations: printedList(e.promoted.quotas, bounds,
			func(v QuotaViolation) QuotaViolation { return QuotaViolation{print(v.Subject), print(v.Description)} },
			func(more string) QuotaViolation { return QuotaViolation{"…", more} }),
		PreconditionViolations: printedList(e.promoted.preconditions, bounds,
			func(v PreconditionViolation) PreconditionViolation {
				return PreconditionViolation{print(v.Type), print(v.Subject), print(v.Description)}
			},
			func(more string) PreconditionViolation { return PreconditionViolation{Type: "…", Description: more} }),
		Details:         printedDetails(e.Details, bounds, e.allSecrets()),
		RetryAfterMs:    optionalMs(e.RetryAfter),
		RequestID:       e.RequestID,
		ServerRequestID: print(e.ServerRequestID),
		HTTPStatus:      e.HTTPStatus,
		Attempts:        attempts,
		StopReason:      e.StopReason,
		Explanation:     e.Explanation,
		Retryable:       e.Retryable,
		Committed:       e.Committed,
	}
}

func (e *Error) allSecrets() []string {
	if e.secrets == nil {
		return nil
	}
	return e.secrets()
}

// MarshalJSON gives plain data for logs: every field of ours, no headers, of raw details their types and sizes. Of lists
// it has the first entries, and how many more there are.
func (e Error) MarshalJSON() ([]byte, error) { return json.Marshal(e.json()) }

// LogValue gives the members of the JSON form, those that say nothing left out.
func (e Error) LogValue() slog.Value {
	bytes, err := json.Marshal(e.json())
	if err != nil {
		return slog.StringValue(e.Error())
	}
	var members map[string]any
	if err := json.Unmarshal(bytes, &members); err != nil {
		return slog.StringValue(e.Error())
	}
	attrs := make([]slog.Attr, 0, len(logged))
	for _, name := range logged {
		if value := members[name]; isTelling(value) {
			attrs = append(attrs, slog.Any(name, value))
		}
	}
	return slog.GroupValue(attrs...)
}

var logged = []string{
	"code", "message", "method", "origin", "reason", "domain", "reasonMetadata", "fieldViolations", "quotaViolations",
	"preconditionViolations", "details", "retryAfterMs", "requestId", "serverRequestId", "httpStatus", "attempts",
	"stopReason", "explanation", "retryable", "committed",
}

func isTelling(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case []any:
		return len(value) > 0
	case map[string]any:
		return len(value) > 0
	default:
		return true
	}
}

type attemptFailureJSON struct {
	Code        string     `json:"code"`
	Class       RetryClass `json:"class"`
	Sent        Sent       `json:"sent"`
	Message     string     `json:"message"`
	DurationMs  float64    `json:"durationMs"`
	DelayMs     float64    `json:"delayMs"`
	Transparent bool       `json:"transparent"`
}

// MarshalJSON gives times in milliseconds.
func (a AttemptFailure) MarshalJSON() ([]byte, error) {
	return json.Marshal(attemptFailureJSON{a.Code.String(), a.Class, a.Sent, a.Message, ms(a.Duration), ms(a.Delay), a.Transparent})
}

// Milliseconds as a number of JSON.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func optionalMs(d *time.Duration) *float64 {
	if d == nil {
		return nil
	}
	value := ms(*d)
	return &value
}
