package ameide

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

const attemptsHeader = "Grpc-Previous-Rpc-Attempts"

// Headers that Connect writes itself before any interceptor sees them.
var writtenByConnect = setOf("Accept-Encoding", "Connect-Accept-Encoding", "Connect-Content-Encoding",
	"Connect-Protocol-Version", "Content-Type", "Grpc-Accept-Encoding", "Grpc-Encoding", "Te", "User-Agent",
	"X-User-Agent")

// requestHeaders are the headers of a call: what users set, and what the SDK writes anew for each attempt.
type requestHeaders struct {
	// Those of the client and the call, which hold over those of the call's Request; the SDK writes its own over them.
	user []header
	// Those of the Request, Connect's own among them.
	given http.Header
	// Those that carry the trace of an attempt.
	traced []header
	// As interceptors left them.
	sent             http.Header
	previousAttempts int64
	// The one of the attempt under way, or of the last.
	credential *credential
	earlier    []*credential
}

// takeHeaders takes the headers of the client and the call. What stands in header is the call's, too. The error is
// CONFIG_INVALID naming the header; it never holds a value.
func (p *callPlan) takeHeaders(given http.Header) error {
	rules := p.client.config.rules
	for name, values := range given {
		if writtenByConnect[name] && p.isConnects(name, values) {
			continue
		}
		lower := strings.ToLower(name)
		if rule := reservedRule(lower, rules.reservedNames); rule != "" {
			return configError("headers."+lower, rule)
		}
		for _, value := range values {
			if !isHeaderValue(value) {
				return configError("headers."+lower, headerValueRule)
			}
		}
	}
	p.headers.given, p.headers.user = given, p.method.headers
	var own []header
	if p.settings != nil {
		own = p.settings.headers.value
	}
	if len(own) > 0 || p.overridesAny(given) {
		p.headers.user = nil
		for _, each := range p.method.headers {
			if len(given[http.CanonicalHeaderKey(each.name)]) == 0 {
				p.headers.user = append(p.headers.user, each)
			}
		}
		p.headers.user = append(p.headers.user, own...)
	}
	if p.credentials == nil {
		return nil
	}
	keyHeader := p.credentials.header()
	isKey := func(each header) bool { return strings.EqualFold(each.name, keyHeader) }
	if slices.ContainsFunc(p.headers.user, isKey) || len(given[keyHeader]) > 0 {
		return configError("headers."+strings.ToLower(keyHeader), setBySDK("WithAuth"))
	}
	return nil
}

// A header that a user adds to one of Connect's stands beside it, or before it.
func (p *callPlan) isConnects(name string, values []string) bool {
	if len(values) != 1 {
		return false
	}
	switch name {
	case "Te":
		return p.client.protocol == policy.GRPC
	case "User-Agent", "X-User-Agent":
		return strings.HasPrefix(values[0], "connect-go/") || strings.HasPrefix(values[0], "grpc-go-connect/")
	default:
		return true
	}
}

func (p *callPlan) overridesAny(given http.Header) bool {
	return slices.ContainsFunc(p.method.headers, func(each header) bool {
		return len(given[http.CanonicalHeaderKey(each.name)]) > 0
	})
}

// use takes the credential of the next attempt.
func (h *requestHeaders) use(credential *credential) {
	if h.credential != nil && h.credential != credential {
		h.earlier = append(h.earlier, h.credential)
	}
	h.credential = credential
}

// prepareHeaders takes up what is different in an attempt.
func (p *callPlan) prepareHeaders(previousAttempts int64, startedAt time.Time) {
	p.headers.previousAttempts = previousAttempts
	p.headers.traced = p.headers.traced[:0]
	for _, sink := range p.sinks {
		sink.inject(p.headers.trace, startedAt.Sub(p.startAt))
	}
}

// What propagates a trace may be anybody's, and no trace is worth a call.
func (h *requestHeaders) trace(name, value string) {
	if isHeaderName(name) && isHeaderValue(value) {
		h.traced = append(h.traced, header{name, value})
	}
}

// writeUsers writes the headers of users.
func (p *callPlan) writeUsers(to http.Header) {
	for _, each := range p.headers.user {
		to[http.CanonicalHeaderKey(each.name)] = []string{each.value}
	}
	for _, each := range p.headers.traced {
		to[http.CanonicalHeaderKey(each.name)] = []string{each.value}
	}
}

// writeEarly writes the headers of an attempt for interceptors, which see it before it is sent.
func (p *callPlan) writeEarly(to http.Header) {
	p.writeUsers(to)
	p.writeOwn(to, policy.NoLimit, new(ownValues))
}

// ownValues are the values of the headers of the SDK, of one request: whoever sends it may read them after the call.
type ownValues [6]string

// writeOwn writes the headers of the SDK.
func (p *callPlan) writeOwn(to http.Header, timeoutMs int64, space *ownValues) {
	names := &p.client.names
	values := space[:0]
	set := func(name, value string) {
		values = append(values, value)
		to[name] = values[len(values)-1 : len(values) : len(values)]
	}
	if p.sendsRequestID {
		set(names.requestID, p.info.requestID)
	}
	if p.idempotencyKey != "" {
		set(names.idempotencyKey, p.idempotencyKey)
	}
	if p.info.tenant != "" {
		set(names.tenant, p.info.tenant)
	}
	if p.headers.previousAttempts > 0 {
		set(attemptsHeader, strconv.FormatInt(p.headers.previousAttempts, 10))
	}
	if credential := p.headers.credential; credential != nil {
		set(credential.header, credential.value)
	}
	if timeoutMs != policy.NoLimit {
		name := grpcTimeout
		if p.client.protocol == policy.Connect {
			name = connectTimeout
		}
		_, value := policy.TimeoutHeader(p.client.protocol, timeoutMs)
		set(name, value)
	}
}

// wireHeaders are the headers of a request as it is sent: what interceptors did to ours is mended, and what only the
// last one may write is written. The error is CONFIG_INVALID naming the header.
func (p *callPlan) wireHeaders(seen http.Header, timeoutMs int64, space *ownValues) (http.Header, error) {
	if hasOthers(seen) {
		if refused := connectionHeader(seen); refused != "" {
			return nil, configError("interceptors", "must not set "+refused+", a header of the connection")
		}
	}
	names := &p.client.names
	sent := make(http.Header, len(seen)+len(p.headers.user)+len(p.headers.traced)+p.ownCount())
	for name, values := range seen {
		switch name {
		case names.tenant, names.requestID, names.idempotencyKey, attemptsHeader, connectTimeout, grpcTimeout:
		case "User-Agent":
			// Ours takes its place below: a full map grows even where an entry is only replaced.
			if p.observed != nil || p.client.hasInterceptors {
				sent[name] = values
			}
		default:
			sent[name] = values
		}
	}
	if p.client.hasInterceptors {
		p.headers.sent = sent
		if !areHeaderValues(sent) {
			return nil, errHeaderRefused
		}
	} else {
		p.writeUsers(sent)
	}
	p.writeOwn(sent, timeoutMs, space)
	if p.observed == nil {
		sent["User-Agent"] = p.client.userAgents
	}
	switch p.client.protocol {
	case policy.GRPCWeb:
		delete(sent, "X-User-Agent")
	case policy.GRPC:
		if slices.Equal(sent["Content-Type"], untoldFormat) {
			sent["Content-Type"] = protoFormat
		}
	}
	return sent, nil
}

// Connect leaves it out of which format a message of gRPC is.
var untoldFormat, protoFormat = []string{"application/grpc"}, []string{"application/grpc+proto"}

// It quotes no value: that may be a secret.
var errHeaderRefused = connect.NewError(connect.CodeUnknown,
	errors.New("a header was set to what HTTP does not allow, by an interceptor or a callback"))

func areHeaderValues(header http.Header) bool {
	for name, values := range header {
		if !isHeaderName(name) || slices.ContainsFunc(values, func(value string) bool { return !isHeaderValue(value) }) {
			return false
		}
	}
	return true
}

const (
	connectTimeout = "Connect-Timeout-Ms"
	grpcTimeout    = "Grpc-Timeout"
)

// ownCount is how many headers of its own the SDK writes, so that their map is made as large as it gets.
func (p *callPlan) ownCount() int {
	count := 2
	if p.idempotencyKey != "" {
		count++
	}
	if p.info.tenant != "" {
		count++
	}
	if p.headers.credential != nil {
		count++
	}
	return count
}

// hasOthers says whether there are headers beside those that Connect writes.
func hasOthers(header http.Header) bool {
	for name := range header {
		if !writtenByConnect[name] || name == "Te" {
			return true
		}
	}
	return false
}

// hasAuthorization says whether interceptors set a credential of their own.
func (h *requestHeaders) hasAuthorization() bool {
	return len(h.sent["Authorization"]) > 0
}

// secrets is what no text may hold: credentials, the key, and callers' values of headers that are not logged.
func (p *callPlan) secrets() []string {
	var values []string
	if p.idempotencyKey != "" {
		values = append(values, p.idempotencyKey)
	}
	most := int(p.client.constants.MaxEntries)
	add := func(name string, each []string) {
		lower := strings.ToLower(name)
		isTheirs := lower == "authorization" || !isOwnHeader(lower, p.client.config.rules.reservedNames)
		if isTheirs && !isLoggedHeader(lower) && len(values) < most {
			values = append(values, each...)
		}
	}
	if p.headers.sent != nil {
		for name, each := range p.headers.sent {
			add(name, each)
		}
	} else {
		for name, each := range p.headers.given {
			add(name, each)
		}
		for _, each := range p.headers.user {
			add(each.name, []string{each.value})
		}
	}
	return secretsOf(p.headers.credential, p.headers.earlier, values)
}
