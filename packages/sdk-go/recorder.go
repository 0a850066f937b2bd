package ameide

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// How far the connection of a request is, as far as an HTTP client tells.
type connectionState int

const (
	connectionUntold connectionState = iota
	connectionMissing
	connectionStands
)

// A recording is what the HTTP layer below Connect saw of one request, which mostly is one attempt.
type recording struct {
	shape *wireShape
	// Its context ends when we end the attempt: what fails then has not failed.
	ended   context.Context
	request http.Request
	own     ownValues
	// The one message of the request, and how much of it was read; or what streams it.
	message  []byte
	read     int
	streamed io.ReadCloser

	trace connectionTrace

	mu sync.Mutex
	// It was handed to the HTTP client.
	begun bool
	// Status of the answer; 0 while there is none.
	status   int
	response *http.Response
	body     io.ReadCloser
	// What was read of the body ahead of Connect, and what comes after it.
	ahead    []byte
	aheadErr error
	headAt   time.Time
	// When the HTTP client asked for the body of the request.
	askedAt    time.Time
	hasBody    bool
	took       bool
	connection connectionState
	queued     string
	remote     net.Addr
	unsent     bool
	informed   bool
	timedOut   func()
	// Why there was no answer, or its body broke off.
	failure   error
	errorBody []byte
	envelopes envelopeScan
	// Room for the head of an envelope.
	space [envelopeHeadBytes]byte
	// Trailers in a body that are no headers.
	trailersBroken bool
	// The body of a good answer was read to its end.
	bodyEnded bool
	// The answer has an error that the server put into it.
	wireError bool
	// The body of an error cannot be read: it may be one of the protocol.
	unread bool
}

// recordingOf is what is to be told of the connection of a request; nil for nothing.
func recordingOf(ctx context.Context) *recording {
	if a := attemptOf(ctx); a != nil {
		return a.recording()
	}
	return nil
}

// connects says that there is no connection yet, its TLS included.
func (r *recording) connects() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connection = connectionMissing
}

// connected says that the connection stands, and to whom.
func (r *recording) connected(remote net.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connection, r.remote, r.queued = connectionStands, remote, ""
}

// waitsFor says that all connections are in use, and what the request waits for: a connection or a stream.
func (r *recording) waitsFor(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queued = what
}

// provesUnsent says that not one byte of the request was written.
func (r *recording) provesUnsent() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsent = true
}

// informs says that an informational head (1xx) has come.
func (r *recording) informs() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.informed = true
}

// onTimeout sets what is called when a limit of time ends the attempt.
func (r *recording) onTimeout(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timedOut = f
}

// endedBy says that we end the attempt.
func (r *recording) endedBy(cause policy.AbortCause) {
	r.mu.Lock()
	f := r.timedOut
	r.mu.Unlock()
	if f != nil && cause != policy.AbortCanceled {
		f()
	}
}

// run sends the request and watches what becomes of it.
func (r *recording) run(client http.RoundTripper) (*http.Response, error) {
	r.mu.Lock()
	r.begun = true
	r.mu.Unlock()
	response, err := client.RoundTrip(&r.request)
	if err != nil {
		return nil, r.broke(err)
	}
	if response == nil || response.Body == nil || response.StatusCode < 100 {
		return nil, configError("transport", "must give an error, or an answer with a status and a body (http.RoundTripper)")
	}
	if response.Header == nil {
		response.Header = http.Header{}
	}
	return r.responded(response)
}

// asks says that the HTTP client asked for the body of the request.
func (r *recording) asks() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.askedAt.IsZero() {
		r.askedAt = time.Now()
	}
}

// sentBody is the body of a request, as the HTTP client reads it.
type sentBody recording

func (b *sentBody) Read(p []byte) (int, error) {
	r := (*recording)(b)
	r.asks()
	if r.streamed == nil {
		n := copy(p, r.message[r.read:])
		r.read += n
		if r.read == len(r.message) {
			return n, io.EOF
		}
		return n, nil
	}
	n, err := r.streamed.Read(p)
	if n > 0 {
		r.mu.Lock()
		r.took = true
		r.mu.Unlock()
	}
	return n, err
}

func (b *sentBody) Close() error {
	if b.streamed != nil {
		return b.streamed.Close()
	}
	return nil
}

// What we end has not failed.
func (r *recording) broke(err error) error {
	if r.ended.Err() == nil && ownError(err) == nil {
		r.mu.Lock()
		r.failure = err
		r.mu.Unlock()
	}
	return err
}

func (r *recording) responded(response *http.Response) (*http.Response, error) {
	response.Header = usualSpelling(response.Header)
	r.mu.Lock()
	r.status, r.response, r.headAt = response.StatusCode, response, time.Now()
	r.body = response.Body
	r.mu.Unlock()
	if !r.isGood() {
		return r.readErrorBody(response)
	}
	if r.shape.protocol != policy.Connect && r.isOfProtocol() {
		// Of which format the messages are is seen when they are read.
		response.Header["Content-Type"] = r.request.Header["Content-Type"]
	}
	if response.StatusCode != http.StatusOK {
		shown := *response
		shown.StatusCode = http.StatusOK
		response = &shown
	}
	r.envelopes.endFlag = endFlagOf(r.shape.protocol)
	response.Body = (*watchedBody)(r)
	return response, nil
}

// Whether the answer came whole has to be known before Connect, which reads the body of an error only where it may
// state one.
func (r *recording) readErrorBody(response *http.Response) (*http.Response, error) {
	keeps := !r.shape.enveloped && mediaType(response.Header.Get("Content-Type")) == jsonType
	body, err := io.ReadAll(io.LimitReader(response.Body, r.shape.readMaxBytes+1))
	_ = response.Body.Close()
	if err != nil {
		return nil, r.broke(err)
	}
	response.Body = http.NoBody
	if keeps {
		r.mu.Lock()
		r.errorBody = body
		r.mu.Unlock()
		response.Body = io.NopCloser(bytes.NewReader(body))
	}
	return response, nil
}

const jsonType = "application/json"

// isAnswer says whether there is a good answer of the protocol, as far as its head goes.
func (r *recording) isAnswer() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.response != nil && r.isGood() && r.isOfProtocol()
}

// isConsumed says whether something of the request was read, or there is an answer.
func (r *recording) isConsumed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.took || (r.response != nil && r.shape.bothWays && r.isGood() && r.isOfProtocol())
}

// failureBefore is why there is no answer to a request of which nothing was read; nil if that is not what happened.
func (r *recording) failureBefore() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.took || r.response != nil {
		return nil
	}
	return r.failure
}

// An answerHead says who gave an answer.
type answerHead struct {
	status          int
	header          http.Header
	good, wireError bool
}

func (r *recording) head() answerHead {
	return answerHead{r.status, r.header(), r.isGood(), r.wireError}
}

// isPackedUnasked says whether the messages of an answer are compressed by what was not asked for: Connect refuses it.
func (r *recording) isPackedUnasked() bool {
	return r.shape.enveloped && !r.shape.accepts(r.streamCoding())
}

// streamCoding is what compresses the messages in envelopes.
func (r *recording) streamCoding() string {
	if r.shape.protocol == policy.Connect {
		return r.header().Get("Connect-Content-Encoding")
	}
	return r.header().Get("Grpc-Encoding")
}

func (r *recording) header() http.Header {
	if r.response == nil {
		return nil
	}
	return r.response.Header
}

// trailer is nil before the body has ended.
func (r *recording) trailer() http.Header {
	if r.response == nil || !r.bodyEnded {
		return nil
	}
	return r.response.Trailer
}

// isGood says whether the status is one of good answers: 200, and for gRPC-Web all like it, where the answer is one of
// gRPC-Web and is not empty by its status.
func (r *recording) isGood() bool {
	if r.status == http.StatusOK || r.shape.protocol != policy.GRPCWeb {
		return r.status == http.StatusOK
	}
	empty := r.status == http.StatusNoContent || r.status == http.StatusResetContent
	inRange := r.status > 200 && r.status < 300 && r.isOfProtocol()
	return inRange && (!empty || len(r.header()[grpcStatusHeader]) > 0)
}

// isOfProtocol says whether the answer has a media type of the protocol. Of Connect's, Connect has to say.
func (r *recording) isOfProtocol() bool {
	prefix := ""
	switch r.shape.protocol {
	case policy.Connect:
		return true
	case policy.GRPC:
		prefix = "application/grpc"
	case policy.GRPCWeb:
		prefix = "application/grpc-web"
	}
	rest, found := strings.CutPrefix(mediaType(r.header().Get("Content-Type")), prefix)
	return found && (rest == "" || rest[0] == '+')
}

// isKnownType says whether Connect knows the media type of the answer, be it for another format.
func (r *recording) isKnownType() bool {
	if r.shape.protocol != policy.Connect {
		return r.isOfProtocol()
	}
	switch mediaType(r.header().Get("Content-Type")) {
	case jsonType, "application/proto", "application/connect+json", "application/connect+proto":
		return true
	default:
		return false
	}
}

// isOfAnotherFormat says whether the answer is of a format of Connect's, and not of the one that was asked for.
func (r *recording) isOfAnotherFormat() bool {
	asked := r.request.Header.Get("Content-Type")
	return r.shape.protocol == policy.Connect && asked != "" && mediaType(r.header().Get("Content-Type")) != asked
}

// network is a failure of the connection; nil if that is not what happened.
func (r *recording) network() *policy.NetworkFailure {
	if r.failure == nil {
		return nil
	}
	failure := &policy.NetworkFailure{
		Errors:      networkErrors(r.failure),
		NothingSent: r.nothingSent(),
		Connected:   r.connection == connectionStands,
		Informed:    r.informed,
	}
	failure.H2ErrorCode, failure.HasH2ErrorCode = h2ErrorCode(r.failure)
	return failure
}

const h2Cancel = 8

// canceledByServer says whether the server reset the HTTP/2 stream as canceled.
func (r *recording) canceledByServer() bool {
	if r.failure == nil {
		return false
	}
	code, found := h2ErrorCode(r.failure)
	return found && code == h2Cancel
}

// nothingSent says that the request had no connection, or not one byte was written. That nobody asked for its body says
// so only where nothing is known of the connection: over one that stands its head may have left before.
func (r *recording) nothingSent() bool {
	unasked := r.connection == connectionUntold && r.hasBody && r.askedAt.IsZero()
	return r.connection == connectionMissing || r.unsent || unasked
}

// A progress is how far an attempt has come.
type progress int

const (
	progressUnsent progress = iota
	progressConnecting
	progressSent
	progressAnswered
)

func (r *recording) progress() progress {
	switch {
	case r.status != 0:
		return progressAnswered
	case !r.begun:
		return progressUnsent
	case r.nothingSent():
		return progressConnecting
	default:
		return progressSent
	}
}

// endedEarly says whether a good answer was over, and what has to end it had not come: an envelope is cut off, or the
// protocol's end is missing.
func (r *recording) endedEarly() bool {
	if !r.shape.enveloped || r.response == nil || !r.isGood() || !r.isOfProtocol() {
		return false
	}
	if r.envelopes.endComplete() {
		// What follows the end is another matter.
		isRead := r.shape.protocol == policy.GRPCWeb && !r.envelopes.endCompressed
		return isRead && len(trailersOf(r.envelopes.end)[grpcStatusHeader]) == 0
	}
	if !r.bodyEnded {
		return false
	}
	if r.envelopes.midway() || r.shape.protocol == policy.Connect {
		return true
	}
	// A status in headers counts where no body is.
	hasStatus := len(r.trailer()[grpcStatusHeader]) > 0 ||
		(!r.envelopes.begun && len(r.header()[grpcStatusHeader]) > 0)
	return !hasStatus
}

// get is a header of the response, or a trailer of that name. The Connect protocol sends the trailers of unary calls as
// headers with the prefix trailer-.
func (r *recording) get(name string) (string, bool) {
	canonical := http.CanonicalHeaderKey(name)
	for _, each := range []struct {
		header http.Header
		name   string
	}{{r.header(), canonical}, {r.header(), "Trailer-" + canonical}, {r.trailer(), canonical}} {
		if len(each.header[each.name]) > 0 {
			return joined(each.header, each.name), true
		}
	}
	return "", false
}

// readError is what an attempt failed with: the error that the server put into its answer, or else what Connect says;
// nil where there is neither.
func (r *recording) readError(reported *connect.Error) *connect.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.response == nil || r.failure != nil || isOverLimit(reported) {
		return reported
	}
	if wireError := r.readWireError(); wireError != nil {
		r.wireError = true
		return wireError
	}
	return r.statedInWords(reported)
}

// A limit of ours, also one for what was compressed. A server's error has the headers it came with.
func isOverLimit(reported *connect.Error) bool {
	return reported != nil && reported.Code() == connect.CodeResourceExhausted && len(reported.Meta()) == 0
}

// What Connect says of an answer whose status is a bad one is that status.
func (r *recording) statedInWords(reported *connect.Error) *connect.Error {
	if reported == nil {
		return nil
	}
	if r.isGood() && !r.isKnownType() {
		stated := r.header().Get("Content-Type")
		return connect.NewError(connect.CodeUnknown, fmt.Errorf("unsupported content type %s", stated))
	}
	if r.isGood() && r.isOfAnotherFormat() && reported.Code() == connect.CodeUnknown {
		return recoded(connect.CodeInternal, reported.Message(), reported, reported.Unwrap())
	}
	if r.isGood() || r.shape.protocol == policy.Connect {
		return reported
	}
	message := joined(r.header(), grpcMessageHeader)
	if message == "" {
		return reported
	}
	told := connect.NewError(reported.Code(), errors.New(grpcMessage(message)))
	addHeaders(told.Meta(), r.header())
	return told
}
