package policy

import "testing"

func TestToFailureOfTheConnection(t *testing.T) {
	errors := func(kinds ...NetworkKind) *NetworkFailure {
		failure := &NetworkFailure{}
		for _, kind := range kinds {
			failure.Errors = append(failure.Errors, NetworkError{Kind: kind})
		}
		return failure
	}
	refusedStream := errors(NetworkOther)
	refusedStream.H2ErrorCode, refusedStream.HasH2ErrorCode = h2RefusedStream, true
	ofSession := errors(NetworkOfSession)
	ofSession.H2ErrorCode, ofSession.HasH2ErrorCode = h2RefusedStream, true
	connected := func(kind NetworkKind) *NetworkFailure {
		failure := errors(kind)
		failure.Connected = true
		return failure
	}
	nothing := errors(NetworkOther)
	nothing.NothingSent = true
	informed := errors(NetworkNotSent)
	informed.Informed = true
	for _, each := range []struct {
		name     string
		seen     Observation
		code     string
		origin   Origin
		sent     Sent
		mismatch Mismatch
	}{
		{"refused", Observation{Network: errors(NetworkSilent, NetworkNotSent)}, CodeUnavailable, OriginTransport, SentNo, ""},
		{"refused, and something else", Observation{Network: errors(NetworkNotSent, NetworkOther)}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"refused after an answer began", Observation{Network: errors(NetworkNotSent), Status: 200}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"refused after an informational head", Observation{Network: informed}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"a dial where a connection stood", Observation{Network: connected(NetworkNotSent)}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"a GOAWAY below the stream", Observation{Network: connected(NetworkUnprocessed)}, CodeUnavailable, OriginTransport, SentNo, ""},
		{"nothing that says anything", Observation{Network: errors(NetworkSilent)}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"a reset", Observation{Network: errors(NetworkOther)}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"a reset before a byte was written", Observation{Network: nothing}, CodeUnavailable, OriginTransport, SentNo, ""},
		{"of a second request", Observation{Network: nothing, SentAgain: true}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"REFUSED_STREAM", Observation{Network: refusedStream}, CodeUnavailable, OriginTransport, SentNo, ""},
		{"the code of a GOAWAY", Observation{Network: ofSession}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"a certificate", Observation{Network: errors(NetworkCertificate)}, CodeUnavailable, OriginTransport, SentNo, MismatchCertificate},
		{"our certificate, after the handshake", Observation{Network: connected(NetworkOurCertificate)}, CodeUnavailable, OriginTransport, SentMaybe, MismatchSettings},
		{"no TLS", Observation{Network: errors(NetworkHandshake)}, CodeUnavailable, OriginTransport, SentNo, MismatchSettings},
		{"what looks like it later", Observation{Network: connected(NetworkHandshake)}, CodeUnavailable, OriginTransport, SentMaybe, ""},
		{"a head over the limit", Observation{Network: errors(NetworkOverLimit)}, CodeResourceExhausted, OriginClient, SentYes, ""},
		{"a cancellation", Observation{AbortCause: AbortCanceled, Waits: true}, CodeCanceled, OriginClient, SentNo, ""},
		{"the deadline", Observation{AbortCause: AbortDeadline}, CodeDeadlineExceeded, OriginClient, SentMaybe, ""},
		{"a timeout of a part", Observation{AbortCause: AbortIdleTimeout}, CodeDeadlineExceeded, OriginTransport, SentMaybe, ""},
	} {
		got := ToFailure(each.seen)
		if got.Code != each.code || got.Origin != each.origin || got.Sent != each.sent || got.Mismatch != each.mismatch {
			t.Errorf("%s: %+v", each.name, got)
		}
	}
}
