package ameide

import "context"

// telemetry makes spans and metrics of calls.
type telemetry interface {
	// begin is called when a call begins; its context has the parent of its span, and baggage. It is nil if the call is of
	// no interest.
	begin(ctx context.Context, call *callInfo) callSink
}

// telemetryChoices are what a client's options say of telemetry.
type telemetryChoices struct {
	// baggage are the keys of W3C baggage to pass on.
	baggage []string
	// attemptSpans: a child span for each attempt.
	attemptSpans bool
	// tenantAttribute: the tenant of a call as the attribute ameide.tenant of its span.
	tenantAttribute bool
}
