package ameide

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// optionRules are what the rules of options depend on.
type optionRules struct {
	reservedNames
	// Most attempts a policy may ask for.
	maxMaxAttempts int64
}

// An optionCheck looks at the options of one level, and keeps the first fault.
type optionCheck struct {
	rules optionRules
	// What stands before the names of options: methods[acme.v1.Billing].
	prefix string
	err    error
}

// checkClientOptions checks the options of a client. The error is CONFIG_INVALID, naming the first that is wrong.
func checkClientOptions(options *clientOptions, rules optionRules) error {
	check := &optionCheck{rules: rules}
	check.settings(&options.settings)
	check.client(options)
	for _, each := range options.methods.value {
		if !isSelector(each.selector) {
			check.fail("methods", selectorRule(each.selector))
		}
		ofMethod := &optionCheck{rules: rules, prefix: "methods[" + each.selector + "]."}
		ofMethod.settings(each.settings)
		check.take(ofMethod.err)
	}
	return check.err
}

// checkCallSettings checks the settings of a call.
func checkCallSettings(call *settings, rules optionRules) error {
	check := &optionCheck{rules: rules}
	check.settings(call)
	return check.err
}

func (c *optionCheck) take(err error) {
	if c.err == nil {
		c.err = err
	}
}

// fail names the kind of a value, which may be a secret.
func (c *optionCheck) fail(option, rule string, value ...any) {
	if c.err == nil {
		c.err = configError(c.prefix+option, rule, value...)
	}
}

// failNaming names the value itself, and the known word that it nearly is.
func (c *optionCheck) failNaming(option, rule string, value any, known ...string) {
	if c.err == nil {
		c.err = namingConfigError(c.prefix+option, rule, value, known...)
	}
}

func (c *optionCheck) settings(s *settings) {
	for _, each := range s.wrong {
		c.fail(each.option, each.rule)
	}
	if s.auth.is {
		c.auth(s.auth.value)
	}
	if s.tenant.value != nil && !isTenant(*s.tenant.value) {
		c.fail("tenant", tenantRule, *s.tenant.value)
	}
	if s.bothLimit {
		c.fail("noDeadline", "excludes WithTimeout")
	}
	c.positive("timeoutMs", s.timeout)
	c.positive("attemptTimeoutMs", s.attemptTimeout)
	c.positive("firstMessageTimeoutMs", s.firstMessageTimeout)
	c.positive("idleTimeoutMs", s.idleTimeout)
	c.retry(&s.retryOptions)
	c.headers(s.headers.value)
	if s.deadlineFrom.is && isNil(s.deadlineFrom.value) {
		c.fail("deadlineFrom", "must be the context of the request being served", nil)
	}
	if s.requestID.is && !isRequestID(s.requestID.value) {
		c.fail("requestId", requestIDRule, s.requestID.value)
	}
	if s.idempotencyKey.is && !isIdempotencyKey(s.idempotencyKey.value) {
		c.fail("idempotencyKey", idempotencyKeyRule, s.idempotencyKey.value)
	}
}

func (c *optionCheck) auth(auth *Auth) {
	switch parts := auth.parts(); {
	case auth == nil:
	case parts.kind == staticKey:
		c.key(parts.header, parts.value)
	case parts.kind == tokenProvider:
		if parts.provider == nil {
			c.fail("auth.provider", "must be a function", nil)
		}
	case parts.kind == "":
		c.fail("auth", "must be made by BearerToken, StaticKey or Provider")
	case !isToken(parts.token):
		c.fail("auth.token", tokenRule, parts.token)
	}
}

func (c *optionCheck) key(header, value string) {
	lower := strings.ToLower(header)
	switch {
	case !isHeaderName(header):
		c.fail("auth.header", headerNameRule, header)
	case !isCredential(value):
		c.fail("auth.value", credentialRule, value)
	case lower == "authorization":
	case isOwnHeader(lower, c.rules.reservedNames):
		c.fail("auth.header", "is a header the SDK sets itself")
	case isLoggedHeader(lower):
		c.fail("auth.header", "is a header whose value is logged; take another")
	}
}

func (c *optionCheck) retry(r *retryOptions) {
	if r.maxAttempts.is {
		lowest, highest := policy.BoundsOf(policy.Rows[policy.MaxAttempts].Rule, c.rules.maxMaxAttempts)
		c.integer("retry.maxAttempts", int64(r.maxAttempts.value), lowest, highest)
	}
	c.atLeast("retry.baseDelayMs", r.baseDelay, time.Millisecond)
	c.atLeast("retry.throttleDelayMs", r.throttleDelay, time.Millisecond)
	c.atLeast("retry.maxDelayMs", r.maxDelay, time.Millisecond)
	c.atLeast("retry.maxServerDelayMs", r.maxServerDelay, time.Millisecond)
	for _, code := range r.retryableCodes.value {
		if !isCode(code) {
			c.failNaming("retry.retryableCodes", "must be codes in Connect's spelling, such as aborted", code, codeNames...)
		}
	}
}

func (c *optionCheck) headers(headers []header) {
	for _, each := range headers {
		option := "headers." + shownName(each.name)
		if !isHeaderName(each.name) {
			c.fail(option, headerNameRule, each.name)
		} else if rule := reservedRule(each.name, c.rules.reservedNames); rule != "" {
			c.fail(option, rule)
		} else if !isWithin(each.value, ' ', '~') {
			c.fail(option, "must be printable ASCII on one line", each.value)
		}
	}
}

func (c *optionCheck) client(o *clientOptions) {
	if hosts := o.allowInsecureHosts.value; slices.ContainsFunc(hosts, func(h string) bool { return !isInsecureHost(h) }) {
		c.fail("allowInsecureHosts", insecureHostRule)
	}
	oneOf(c, "protocol", o.protocol, ProtocolConnect, ProtocolGRPC, ProtocolGRPCWeb)
	budget := o.budget.value
	c.tokens("budget.capacity", budget.capacity)
	c.tokens("budget.cost", budget.cost)
	c.tokens("budget.throttleCost", budget.throttleCost)
	if slices.ContainsFunc(o.interceptors.value, func(each connect.Interceptor) bool { return isNil(each) }) {
		c.fail("interceptors", "must be no nil")
	}
	oneOf(c, "compression.send", o.compression.value.send, CompressionNone, CompressionGzip)
	oneOf(c, "compression.accept", o.compression.value.accept, CompressionNone, CompressionGzip)
	c.number("compression.minBytes", o.compression.value.minBytes, policy.CompressionMinBytes)
	oneOf(c, "httpVersion", o.httpVersion, HTTP1, HTTP2)
	c.positive("connectTimeoutMs", o.connectTimeout)
	c.number("maxConnections", o.maxConnections, policy.MaxConnections)
	if keepAlive := o.keepAlive.value; keepAlive != nil {
		lowest := policy.ClientNumber(policy.KeepAliveIntervalMs).Min
		c.atLeast("keepAlive.intervalMs", keepAlive.interval, time.Duration(lowest)*time.Millisecond)
		c.atLeast("keepAlive.timeoutMs", keepAlive.timeout, time.Millisecond)
	}
	c.atLeast("maxConnectionAgeMs", o.maxConnectionAge, time.Millisecond)
	c.number("readMaxBytes", o.readMaxBytes, policy.ReadMaxBytes)
	c.headerNames(o.headerNames.value)
	oneOf(c, "preset", o.preset, PresetStandalone, PresetMesh)
	oneOf(c, "mode", o.mode, ModeEnforce, ModeObserve)
	c.behavior(o.behavior)
	if tls := o.tls; tls.is && tls.value.config == nil && tls.value.source == nil {
		c.fail("tls", "must be a configuration, or a function that gives one", nil)
	}
	if name := o.appName; name.is && !isAppName(name.value) {
		c.fail("appName", "must be app/version in visible ASCII", name.value)
	}
	if o.logger.is && o.logger.value == nil {
		c.fail("logger", "must be a logger", nil)
	}
	oneOf(c, "logLevel", o.logLevel, logLevels...)
	if o.roundTripper.is && isNil(o.roundTripper.value) {
		c.fail("transport", "must be an HTTP client", nil)
	}
	if o.dialContext.is && o.dialContext.value.dial == nil {
		c.fail("dialContext", "must be a function", nil)
	}
	if o.observer.is && o.observer.value == nil {
		c.fail("observer", "must be a function", nil)
	}
	if o.descriptors.is && o.descriptors.value == nil {
		c.fail("descriptors", "must be files of descriptors", nil)
	}
	if telemetry := o.telemetry.value; telemetry != nil && (isTypedNil(telemetry.tracers) || isTypedNil(telemetry.meters)) {
		c.fail("telemetry", "must be providers, or nil for those of the global API", nil)
	}
}

func (c *optionCheck) headerNames(names headerNameOptions) {
	members := []struct {
		member string
		name   stated[string]
	}{
		{"tenant", names.tenant},
		{"requestId", names.requestID},
		{"idempotencyKey", names.idempotencyKey},
	}
	for _, each := range members {
		if each.name.is && !isHeaderName(each.name.value) {
			c.fail("headerNames."+each.member, headerNameRule, each.name.value)
		}
	}
	seen := map[string]bool{}
	for i, lower := range policyHeaderNames(names).all() {
		option := "headerNames." + members[i].member
		if hasMeaning(lower) {
			c.fail(option, "is a header with a meaning of its own")
		}
		if seen[lower] {
			c.fail(option, "is the name of another header of the SDK")
		}
		seen[lower] = true
	}
}

func (c *optionCheck) behavior(behavior stated[int]) {
	if !behavior.is || policy.Behaviors[int64(behavior.value)] != nil {
		return
	}
	known := make([]string, 0, len(policy.Behaviors))
	for version := range policy.Behaviors {
		known = append(known, fmt.Sprint(version))
	}
	slices.Sort(known)
	c.failNaming("behavior", "must be one of "+strings.Join(known, ", "), behavior.value)
}

func (c *optionCheck) positive(option string, d stated[time.Duration]) {
	if d.is && d.value <= 0 {
		c.failNaming(option, "must be a duration greater than 0", d.value)
	}
}

func (c *optionCheck) atLeast(option string, d stated[time.Duration], lowest time.Duration) {
	if d.is && d.value < lowest {
		c.failNaming(option, "must be a duration of at least "+lowest.String(), d.value)
	}
}

func (c *optionCheck) tokens(option string, number stated[int]) {
	if number.is {
		c.integer(option, int64(number.value), policy.BudgetRows[0].Min, policy.BudgetRows[0].Max)
	}
}

func (c *optionCheck) number(option string, number stated[int], row string) {
	if number.is {
		bounds := policy.ClientNumber(row)
		c.integer(option, int64(number.value), bounds.Min, bounds.Max)
	}
}

func (c *optionCheck) integer(option string, value, lowest, highest int64) {
	if value < lowest || value > highest {
		c.failNaming(option, fmt.Sprintf("must be an integer from %d to %d", lowest, highest), value)
	}
}

// oneOf checks a word of which only certain ones are known.
func oneOf[T ~string](c *optionCheck, option string, word stated[T], known ...T) {
	if !word.is || slices.Contains(known, word.value) {
		return
	}
	names := make([]string, len(known))
	for i, each := range known {
		names[i] = string(each)
	}
	c.failNaming(option, "must be one of "+strings.Join(names, ", "), string(word.value), names...)
}

const headerNameRule = "must be a header name (RFC 9110, section 5.6.2)"

// isHeaderName reports whether a text is a token of RFC 9110, section 5.6.2.
func isHeaderName(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && !strings.ContainsRune("!#$%&'*+.^_`|~-", rune(c)) {
			return false
		}
	}
	return text != ""
}

// A name is the caller's, too: one that is long or no text is not repeated.
func shownName(name string) string {
	if len(name) >= 1 && len(name) <= maxShownName && isWithin(name, ' ', '~') {
		return name
	}
	return "(a name that is no text of at most 64 characters)"
}

const maxShownName = 64

func isAppName(text string) bool {
	app, version, found := strings.Cut(text, "/")
	return found && isWithin(text, '!', '~') && app != "" && version != "" && !strings.Contains(version, "/")
}

// isSelector reports whether a text is a service (acme.v1.Billing) or a method (acme.v1.Billing/Charge).
func isSelector(text string) bool {
	service, method, hasMethod := strings.Cut(text, "/")
	for _, part := range strings.Split(service, ".") {
		if !isIdentifier(part) {
			return false
		}
	}
	return !hasMethod || isIdentifier(method)
}

func isIdentifier(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '_' && !isAlphanumeric(c) {
			return false
		}
	}
	return text != "" && (text[0] < '0' || text[0] > '9')
}

// selectorRule is the rule of isSelector in words, for a selector that breaks it.
func selectorRule(selector string) string {
	shown := []rune(selector)
	shown = shown[:min(len(shown), maxShownName)]
	return fmt.Sprintf("the selector %s must be a service (acme.v1.Billing) or service/method (acme.v1.Billing/Charge)",
		strconv.Quote(printable(string(shown))))
}
