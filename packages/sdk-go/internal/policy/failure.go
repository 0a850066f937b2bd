package policy

// Origin is who made a failure.
type Origin string

// The origins.
const (
	OriginServer    Origin = "server"
	OriginTransport Origin = "transport"
	OriginClient    Origin = "client"
)

// Sent says whether the server may have read the request.
type Sent string

// What may have been sent.
const (
	SentNo    Sent = "no"
	SentMaybe Sent = "maybe"
	SentYes   Sent = "yes"
)

// Mismatch is what is wrong with the two sides of a connection, and does not pass by itself.
type Mismatch string

// The mismatches. Empty: none.
const (
	// MismatchCertificate: we refuse the peer's certificate.
	MismatchCertificate Mismatch = "certificate"
	// MismatchSettings: one refuses the other's settings.
	MismatchSettings Mismatch = "settings"
)

// Codes that the policy speaks of, in Connect's spelling.
const (
	CodeCanceled          = "canceled"
	CodeDeadlineExceeded  = "deadline_exceeded"
	CodeInternal          = "internal"
	CodePermissionDenied  = "permission_denied"
	CodeResourceExhausted = "resource_exhausted"
	CodeUnauthenticated   = "unauthenticated"
	CodeUnavailable       = "unavailable"
	CodeUnimplemented     = "unimplemented"
	CodeUnknown           = "unknown"
)

// ReasonRedirectRefused is the reason of a failure that is a redirect.
const ReasonRedirectRefused = "REDIRECT_REFUSED"

// Observation is what is known of a failed attempt, from the recorder below the runtime and from the shell
// above it. The runtime's own code counts only where neither knows better.
type Observation struct {
	// AbortCause: we ended the attempt ourselves.
	AbortCause AbortCause
	// Local: the failure was made above the HTTP layer, by an interceptor or by serialization.
	Local bool
	// Network: the HTTP client failed before a response head, or while its body was read; nil if not.
	Network *NetworkFailure
	// Status of the response, if its head arrived; 0 if not.
	Status int
	// Good: that status is one of good answers.
	Good bool
	// WireError: the response carried a valid error of the protocol.
	WireError bool
	// Reached says whether the server may have read what the attempt sent, as far as that goes without
	// an error.
	Reached Sent
	// Waits: the request had no connection yet, so that nothing of it was sent.
	Waits bool
	// SentAgain: an interceptor sent more than one request, so that no answer stands for the attempt.
	SentAgain bool
	// Unread: the body of the answer is compressed by what we do not read; it may say anything.
	Unread bool
	// EndedEarly: a good answer was over before the protocol's own end of it had come.
	EndedEarly bool
	// RuntimeCode is the code the runtime gave, in Connect's spelling.
	RuntimeCode string
	// Hint is what the server said about when to try again; nil for nothing.
	Hint *Hint
}

// NetworkFailure is a failure of the connection.
type NetworkFailure struct {
	// Errors along the chain of causes.
	Errors []NetworkError
	// H2ErrorCode is the HTTP/2 error code of the reset stream, if HasH2ErrorCode.
	H2ErrorCode    uint32
	HasH2ErrorCode bool
	// NothingSent: the request had no connection yet, its TLS included, or not one byte of it was
	// written.
	NothingSent bool
	// Connected: the HTTP client is one that tells when the connection stands, and it stood.
	Connected bool
	// Informed: an informational head (1xx) has come.
	Informed bool
}

// NetworkKind is what an error of a chain of causes says, as far as a retry is concerned.
type NetworkKind uint8

const (
	// NetworkSilent is an error that says nothing of its own, such as one that wraps another.
	NetworkSilent NetworkKind = iota
	// NetworkOther says something, and nothing of when it happened: a reset, an end of the stream.
	NetworkOther
	// NetworkNotSent comes before a connection stands: bind, connect, getaddrinfo, its time is up.
	NetworkNotSent
	// NetworkUnprocessed: no stream was opened, or the server says that it did not act on it (RFC 9113,
	// sections 6.8 and 8.7).
	NetworkUnprocessed
	// NetworkOfSession gives the streams that a GOAWAY includes the code of the GOAWAY, which says
	// nothing of them.
	NetworkOfSession
	// NetworkCertificate: we refuse the peer's certificate.
	NetworkCertificate
	// NetworkOurCertificate is what a server says of a client certificate (RFC 8446, section 6.2).
	NetworkOurCertificate
	// NetworkHandshake: no TLS at all, no version, cipher, name or HTTP version in common, a key that
	// does not fit; and a proxy that wants a credential, or lets nobody pass.
	NetworkHandshake
	// NetworkOverLimit: the head of an answer is larger than the HTTP client takes.
	NetworkOverLimit
)

// NetworkError is one error of a chain of causes.
type NetworkError struct {
	Kind NetworkKind
	Text string
}

// Failure is a failure in the terms that decide about a retry.
type Failure struct {
	// Code in Connect's spelling.
	Code   string
	Origin Origin
	Sent   Sent
	// Mismatch is what keeps the two sides from ever having a connection.
	Mismatch Mismatch
	// Ended: a limit or the caller ended the attempt. A code of an interceptor's own says nothing of that.
	Ended bool
	// AttemptTimedOut: a timeout that is not the call's own ended the attempt.
	AttemptTimedOut bool
	// HTTPStatus is 0 for none.
	HTTPStatus int
	WireError  bool
	// SentAgain: more than one request was sent; no answer stands for the attempt.
	SentAgain bool
	// Unread: the body of the answer could not be read.
	Unread bool
	// Reason is the machine-readable reason, where we made the error.
	Reason string
	// Hint is nil for none.
	Hint *Hint
}

// Codes for statuses without an error of the protocol (Connect protocol, "HTTP to Error Code").
var httpCodes = map[int]string{
	400: CodeInternal,
	401: CodeUnauthenticated,
	403: CodePermissionDenied,
	404: CodeUnimplemented,
	429: CodeUnavailable,
	502: CodeUnavailable,
	503: CodeUnavailable,
	504: CodeUnavailable,
}

const h2RefusedStream = 7

// ToFailure turns what is known of a failed attempt into one failure. The runtimes disagree about the code
// of the same event; this is where that ends.
func ToFailure(seen Observation) Failure {
	failure := Failure{
		Sent:       SentYes,
		HTTPStatus: seen.Status,
		WireError:  seen.WireError,
		SentAgain:  seen.SentAgain,
		Unread:     seen.Unread,
	}
	if isServersError(&seen) {
		failure.Hint = seen.Hint
	}
	switch {
	case seen.AbortCause != "":
		return aborted(failure, &seen)
	case seen.Network != nil:
		return broken(failure, &seen)
	case seen.Local || seen.Status == 0:
		failure.Code, failure.Origin, failure.Sent = seen.RuntimeCode, OriginClient, seen.Reached
	case isRedirect(seen.Status):
		failure.Code, failure.Origin, failure.Reason = CodeUnknown, OriginClient, ReasonRedirectRefused
	case seen.WireError:
		failure.Code, failure.Origin = seen.RuntimeCode, OriginServer
	case seen.RuntimeCode == CodeResourceExhausted:
		// No status stands for this code: the answer is over a limit of ours.
		failure.Code, failure.Origin = seen.RuntimeCode, OriginClient
	case seen.EndedEarly:
		failure.Code, failure.Origin, failure.Sent = CodeInternal, OriginTransport, SentMaybe
	case seen.Good:
		failure.Code, failure.Origin = readCode(seen.RuntimeCode), OriginClient
	default:
		failure.Code, failure.Origin = CodeUnknown, OriginServer
		if code, ok := httpCodes[seen.Status]; ok {
			failure.Code = code
		}
	}
	return failure
}

func aborted(failure Failure, seen *Observation) Failure {
	failure.Ended = true
	failure.Code, failure.Origin, failure.Sent = CodeDeadlineExceeded, OriginClient, SentMaybe
	if seen.Waits {
		failure.Sent = SentNo
	}
	switch seen.AbortCause {
	case AbortCanceled:
		failure.Code = CodeCanceled
	case AbortDeadline:
	default:
		failure.Origin, failure.AttemptTimedOut = OriginTransport, true
	}
	return failure
}

func broken(failure Failure, seen *Observation) Failure {
	network := seen.Network
	if network.has(NetworkOverLimit) {
		failure.Code, failure.Origin = CodeResourceExhausted, OriginClient
		return failure
	}
	failure.Code, failure.Origin, failure.Sent = CodeUnavailable, OriginTransport, SentMaybe
	// Who has begun to answer has read something, whatever comes then.
	if seen.Status != 0 || network.Informed || seen.SentAgain {
		return failure
	}
	failure.Mismatch = network.mismatch()
	refused := failure.Mismatch != "" && !network.Connected
	if refused || network.isNotSent() {
		failure.Sent = SentNo
	}
	return failure
}

// What the runtime may call an answer that was good until we read it, as Connect's own suite has it: of no
// known media type; no message or more than one where one is due. All else is internal.
func readCode(code string) string {
	if code == CodeUnknown || code == CodeUnimplemented {
		return code
	}
	return CodeInternal
}

func isRedirect(status int) bool { return status >= 300 && status < 400 }

// A hint on a good answer that breaks off, or cannot be read, says nothing.
func isServersError(seen *Observation) bool {
	byStatus := seen.Status != 0 && !seen.Good && !isRedirect(seen.Status)
	return (seen.WireError || byStatus) && !seen.SentAgain
}

func (n *NetworkFailure) has(kind NetworkKind) bool {
	for _, each := range n.Errors {
		if each.Kind == kind {
			return true
		}
	}
	return false
}

func (n *NetworkFailure) isNotSent() bool {
	refused := n.HasH2ErrorCode && n.H2ErrorCode == h2RefusedStream
	return n.NothingSent ||
		(refused && !n.has(NetworkOfSession)) ||
		n.saysNothingWasSent()
}

// With TLS 1.3 a server may refuse our certificate after the handshake.
func (n *NetworkFailure) mismatch() Mismatch {
	if !n.Connected && n.has(NetworkCertificate) {
		return MismatchCertificate
	}
	if n.has(NetworkOurCertificate) || (!n.Connected && n.has(NetworkHandshake)) {
		return MismatchSettings
	}
	return ""
}

// An error that says something else may be of an earlier request of a client that repeats by itself.
func (n *NetworkFailure) saysNothingWasSent() bool {
	says := false
	for _, each := range n.Errors {
		switch each.Kind {
		case NetworkSilent:
		case NetworkUnprocessed:
			says = true
		case NetworkNotSent:
			if n.Connected {
				return false
			}
			says = true
		default:
			return false
		}
	}
	return says
}
