package ameide

import (
	"context"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
	"github.com/ameideio/ameide-sdk-go/internal/uuid"
)

const withheldTenant = "; AMEIDE_TENANT is for AMEIDE_BASE_URL, and WithEnvironmentCredentials(true) sends it here"

// A callPlan is what does not change while a call runs.
type callPlan struct {
	client *clientContext
	method *methodConfig
	shape  *wireShape
	// What the call itself states; nil for nothing.
	settings *settings
	startAt  time.Time
	policy   *policy.Values
	// In observe mode: the policy that is only watched.
	observed *policy.Values
	// In observe mode: policy would have sent a key.
	keyWithheld bool
	// Refusals that are only reported, in observe mode.
	refusals []string
	// The overall deadline, from the start, and that of the call's context.
	timeoutMs, runtimeMs int64
	idempotencyKey       string
	// The request carries something to deduplicate on: a key or a request id.
	keySent        bool
	requestIDField protoreflect.FieldDescriptor
	// Who is asked for a credential, if anybody, and for what.
	credentials       credentialSource
	credentialRequest credentialRequest
	sendsRequestID    bool
	sinks             []callSink
	info              callInfo
	headers           requestHeaders
}

// make works out what holds for a call. The error is CONFIG_INVALID, before any I/O.
func (p *callPlan) make(ctx context.Context, client *clientContext, method *methodConfig) error {
	p.client, p.method = client, method
	if method.refusal != nil {
		return configError(method.refusal.option, method.refusal.rule)
	}
	p.settings = callSettings(ctx)
	if p.settings != nil {
		if err := checkCallSettings(p.settings, client.config.rules); err != nil {
			return err
		}
		if err := p.settings.claimKey(method.name); err != nil {
			return err
		}
	}
	p.startAt = time.Now()
	p.shape = client.shapes.of(method.method.kind)
	p.setPolicy()
	p.setTimeout(ctx)
	p.setIDs()
	if err := p.setTenant(); err != nil {
		return err
	}
	p.setCredentials()
	p.info.service, p.info.method = method.service, method.name
	p.info.serverAddress, p.info.serverPort = client.config.serverAddress, client.config.serverPort
	p.info.protocol = client.protocol
	return nil
}

func (p *callPlan) setPolicy() {
	effective := &p.method.policy.Values
	if p.settings != nil {
		own := policy.Layer{Values: policyPart(p.settings)}
		values := policy.Resolve([]policy.Layer{own}, "", *effective).Values
		if p.client.config.environment.retriesOff {
			values.Retry = false
		}
		effective = &values
	}
	p.policy = effective
	if p.client.config.observe {
		p.observed = effective
		p.policy = byHandOnly(effective, p.settings)
	}
}

// What observe mode lets stand of a policy: what the call itself asks for.
func byHandOnly(effective *policy.Values, call *settings) *policy.Values {
	values := *effective
	values.Retry, values.IdempotencyKey = false, policy.KeyOff
	values.TimeoutMs, values.AttemptTimeoutMs = policy.NoLimit, policy.NoLimit
	values.FirstMessageTimeoutMs, values.IdleTimeoutMs = policy.NoLimit, policy.NoLimit
	if call != nil {
		values.TimeoutMs = durationMs(call.timeout.or(noLimit))
		values.AttemptTimeoutMs = durationMs(call.attemptTimeout.or(noLimit))
		values.FirstMessageTimeoutMs = durationMs(call.firstMessageTimeout.or(noLimit))
		values.IdleTimeoutMs = durationMs(call.idleTimeout.or(noLimit))
	}
	return &values
}

func (p *callPlan) setTimeout(ctx context.Context) {
	p.runtimeMs = policy.NoLimit
	ambientMs := policy.NoLimit
	own, isOwn := ctx.Deadline()
	if from := p.deadlineFrom(); from != nil {
		if served, ok := from.Deadline(); ok {
			ambientMs = msUntil(p.startAt, served)
			// It came down to here with the context.
			isOwn = isOwn && !own.Equal(served)
		}
	}
	if isOwn {
		p.runtimeMs = msUntil(p.startAt, own)
	}
	p.timeoutMs = policy.OverallTimeout(p.client.constants, p.ownTimeout(), p.runtimeMs, ambientMs)
}

func msUntil(now, end time.Time) int64 {
	left := end.Sub(now)
	ms := left.Milliseconds()
	if left < 0 && left%time.Millisecond != 0 {
		ms--
	}
	return ms
}

func (p *callPlan) deadlineFrom() context.Context {
	if p.settings != nil && p.settings.deadlineFrom.is {
		return p.settings.deadlineFrom.value
	}
	return p.method.deadlineFrom
}

// The deadline of the context is a setting of the call: it overrides operator settings and defaults; of two timeouts
// set in code the smaller wins.
func (p *callPlan) ownTimeout() int64 {
	inCode := (p.settings != nil && p.settings.timeout.is) ||
		strings.HasPrefix(p.method.policy.Sources[policy.TimeoutMs], "code")
	if p.runtimeMs == policy.NoLimit || inCode {
		return p.policy.TimeoutMs
	}
	return policy.NoLimit
}

func (p *callPlan) setIDs() {
	client := p.client
	call := p.settings
	p.sendsRequestID = p.observed == nil
	if call != nil && call.requestID.is {
		p.info.requestID, p.sendsRequestID = call.requestID.value, true
	} else {
		p.info.requestID = uuid.V7(client.wallNow(), client.fill)
	}
	switch {
	case call != nil && call.idempotencyKey.is && call.key != nil:
		p.idempotencyKey = call.idempotencyKey.value
	case wantsKey(p.policy):
		p.idempotencyKey = uuid.V4(client.fill)
	}
	field := p.method.requestIDField
	if p.observed == nil {
		p.requestIDField = field
	} else {
		p.keyWithheld = field != nil || wantsKey(p.observed)
	}
	p.keySent = p.idempotencyKey != "" || p.requestIDField != nil
}

func wantsKey(values *policy.Values) bool {
	return values.CarriesIdempotencyKey && values.IdempotencyKey == policy.KeyAuto
}

func (p *callPlan) setTenant() error {
	var own stated[*string]
	if p.settings != nil {
		own = p.settings.tenant
	}
	var ofClient *string
	if p.method.tenant != "" {
		ofClient = &p.method.tenant
	}
	tenant, err := tenantFor(p.policy.TenantMode, p.method.name, own, ofClient, p.client.withheldTenant)
	if err == nil || p.observed == nil {
		p.info.tenant = tenant
		return err
	}
	p.refusals = append(p.refusals, FromError(err).Message)
	if own.value != nil {
		p.info.tenant = *own.value
	}
	return nil
}

func (p *callPlan) setCredentials() {
	auth := p.method.auth
	if p.settings != nil && p.settings.auth.is {
		auth = p.settings.auth.value
	}
	if auth != nil && p.policy.AuthMode != policy.AuthNone {
		p.credentials = p.client.credentials(auth)
		p.credentialRequest = credentialRequest{tenant: p.info.tenant, scopes: p.policy.Scopes}
		if p.timeoutMs != policy.NoLimit {
			p.credentialRequest.deadline = p.startAt.Add(msDuration(p.timeoutMs))
		}
	}
}

// elapsed is how long the call has been under way.
func (p *callPlan) elapsed() time.Duration { return time.Since(p.startAt) }

// remainingMs is how much is left of the deadline at a time; NoLimit without one.
func (p *callPlan) remainingMs(at time.Time) int64 {
	left := p.remaining(at)
	if left == noLimit {
		return policy.NoLimit
	}
	return max(0, left).Milliseconds()
}

func (p *callPlan) remaining(at time.Time) time.Duration {
	timeout := msDuration(p.timeoutMs)
	if timeout == noLimit {
		return noLimit
	}
	return timeout - at.Sub(p.startAt)
}

// msDuration is a duration of whole milliseconds; what is too long is noLimit.
func msDuration(ms int64) time.Duration {
	if ms > int64(noLimit/time.Millisecond) {
		return noLimit
	}
	return time.Duration(ms) * time.Millisecond
}

// url is the address of the method.
func (p *callPlan) url() string { return p.client.config.baseURL + "/" + p.method.name }

// sourceOf is who stated a limit, as Explain names it.
func (p *callPlan) sourceOf(field policy.Field) string {
	if p.settings != nil {
		part := policyPart(p.settings)
		if part.Has(field) {
			return "code: call"
		}
	}
	return p.method.policy.Sources[field]
}

// isDeadlineOfCaller says whether the deadline that holds is that of the call's context.
func (p *callPlan) isDeadlineOfCaller() bool {
	return p.runtimeMs == p.timeoutMs && p.runtimeMs != policy.NoLimit
}

// deadlineSource is who stated the deadline that holds, of all that may.
func (p *callPlan) deadlineSource() string {
	switch {
	case p.ownTimeout() == p.timeoutMs && p.timeoutMs != policy.NoLimit:
		return p.sourceOf(policy.TimeoutMs)
	case p.runtimeMs == p.timeoutMs:
		return "the context of the call"
	default:
		return "WithDeadlineFrom"
	}
}

// noCredential says why the call had no credential; empty where it had one.
func (p *callPlan) noCredential() string {
	if p.credentials != nil || p.headers.hasAuthorization() {
		return ""
	}
	if p.policy.AuthMode == policy.AuthNone {
		return "its policy sends no credential: " + p.method.policy.Sources[policy.AuthModeField]
	}
	source := p.method.authSource
	if p.settings != nil && p.settings.auth.is && p.settings.auth.value == nil {
		source = "code: call"
	}
	if source == "built-in" {
		return "no `WithAuth` is set"
	}
	return "no `WithAuth` is set: " + source
}

// withRequestID is a message of the request with the field filled that names it (AIP-4235); nil where nothing is to be
// filled. A copy is filled: the caller's own message may be sent again, as another call.
func (p *callPlan) withRequestID(message any) proto.Message {
	given, ok := message.(proto.Message)
	if !ok || p.requestIDField == nil || given.ProtoReflect().Get(p.requestIDField).String() != "" {
		return nil
	}
	source := given.ProtoReflect()
	filled := source.New()
	source.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		filled.Set(field, value)
		return true
	})
	filled.SetUnknown(source.GetUnknown())
	filled.Set(p.requestIDField, protoreflect.ValueOfString(uuid.V4(p.client.fill)))
	return filled.Interface()
}

// fillRequestIDAgain fills the field that names the request, where an interceptor has emptied it. The message is a copy
// already.
func (p *callPlan) fillRequestIDAgain(message any) {
	given, ok := message.(proto.Message)
	if ok && p.requestIDField != nil && given.ProtoReflect().Get(p.requestIDField).String() == "" {
		given.ProtoReflect().Set(p.requestIDField, protoreflect.ValueOfString(uuid.V4(p.client.fill)))
	}
}

// isOfOther says whether an answer echoes another tenant than was sent.
func (p *callPlan) isOfOther(header http.Header) bool {
	name := p.client.names.tenant
	return p.info.tenant != "" && len(header[name]) > 0 && joined(header, name) != p.info.tenant
}

// tenantMismatch is the error of an answer that echoes another tenant than was sent; nil for none. Observe mode only
// tells.
func (p *callPlan) tenantMismatch(header http.Header, events *callEvents) *connect.Error {
	if !p.isOfOther(header) {
		return nil
	}
	mismatch := connect.NewError(connect.CodeInternal, errTenantMismatch)
	if p.observed == nil {
		return mismatch
	}
	events.wouldRefuse(mismatch.Message())
	return nil
}
