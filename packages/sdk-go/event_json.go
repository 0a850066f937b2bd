package ameide

import (
	"encoding/json"

	"connectrpc.com/connect"
)

type eventHead struct {
	Method    string  `json:"method"`
	RequestID string  `json:"requestId"`
	AtMs      float64 `json:"atMs"`
	Type      string  `json:"type"`
}

func headOf(e Event) eventHead {
	base := e.Base()
	return eventHead{base.Method, base.RequestID, ms(base.At), e.eventType()}
}

// MarshalJSON gives the plain data of the event.
func (e AttemptStarted) MarshalJSON() ([]byte, error) {
	headers := e.Headers
	if headers == nil {
		headers = map[string]string{}
	}
	return json.Marshal(struct {
		eventHead
		Attempt        int               `json:"attempt"`
		TimeoutMs      float64           `json:"timeoutMs,omitempty"`
		IdempotencyKey string            `json:"idempotencyKey,omitempty"`
		Headers        map[string]string `json:"headers"`
	}{headOf(e), e.Attempt, ms(e.Timeout), e.IdempotencyKey, headers})
}

// MarshalJSON gives the plain data of the event.
func (e AttemptFailed) MarshalJSON() ([]byte, error) {
	var delayMs *float64
	if e.StopReason == "" {
		delayMs = optionalMs(&e.Delay)
	}
	return json.Marshal(struct {
		eventHead
		Attempt      int        `json:"attempt"`
		Code         string     `json:"code"`
		Class        RetryClass `json:"class"`
		Origin       Origin     `json:"origin"`
		Sent         Sent       `json:"sent"`
		Message      string     `json:"message"`
		HTTPStatus   int        `json:"httpStatus,omitempty"`
		RetryAfterMs *float64   `json:"retryAfterMs,omitempty"`
		DurationMs   float64    `json:"durationMs"`
		DelayMs      *float64   `json:"delayMs,omitempty"`
		StopReason   StopReason `json:"stopReason,omitempty"`
		Explanation  string     `json:"explanation"`
	}{
		headOf(e), e.Attempt, e.Code.String(), e.Class, e.Origin, e.Sent, e.Message, e.HTTPStatus, optionalMs(e.RetryAfter),
		ms(e.Duration), delayMs, e.StopReason, e.Explanation,
	})
}

// MarshalJSON gives the plain data of the event.
func (e Waiting) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		eventHead
		DelayMs      float64    `json:"delayMs"`
		Class        RetryClass `json:"class"`
		Kind         WaitKind   `json:"kind"`
		BudgetTokens int64      `json:"budgetTokens"`
	}{headOf(e), ms(e.Delay), e.Class, e.Kind, e.BudgetTokens})
}

// MarshalJSON gives the plain data of the event.
func (e Done) MarshalJSON() ([]byte, error) {
	var message *string
	if e.Code != 0 {
		message = &e.Message
	}
	return json.Marshal(struct {
		eventHead
		Code         string     `json:"code,omitempty"`
		Message      *string    `json:"message,omitempty"`
		StopReason   StopReason `json:"stopReason,omitempty"`
		Attempts     int        `json:"attempts"`
		DurationMs   float64    `json:"durationMs"`
		RetryDelayMs float64    `json:"retryDelayMs"`
		BudgetTokens int64      `json:"budgetTokens"`
	}{
		headOf(e), codeName(e.Code), message, e.StopReason, e.Attempts, ms(e.Duration), ms(e.RetryDelay), e.BudgetTokens,
	})
}

// MarshalJSON gives the plain data of the event.
func (e WouldHave) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		eventHead
		What        string `json:"what"`
		Explanation string `json:"explanation"`
	}{headOf(e), e.What, e.Explanation})
}

// The name of a code in Connect's spelling; empty for none.
func codeName(code connect.Code) string {
	if code == 0 {
		return ""
	}
	return code.String()
}
