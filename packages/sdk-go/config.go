package ameide

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A methodConfig is all that holds for calls of one method, before the call says anything.
type methodConfig struct {
	*method
	policy policy.Effective
	// The nearest setting; nil for none.
	auth       *Auth
	authSource string
	// Empty for none.
	tenant       string
	tenantSource string
	// Names are lower-case.
	headers []header
	// nil for none.
	deadlineFrom context.Context
	// The request field that is filled with a UUIDv4 where it is empty; nil for none.
	requestIDField protoreflect.FieldDescriptor
	// What of the policy cannot be: every call is refused by it. nil for nothing.
	refusal *refusal
	// Selectors for this service that select nothing.
	misspelt []string
	// Connect may send it by GET: the options ask for it, and proto and policy say that it has no side effects. What the policy takes back, a proto
	// does not bring in again. A policy gives nothing here: a server answers GET by its own proto.
	sendsGet bool
}

// A clientConfig is the options of a client, checked and laid over environment and document.
type clientConfig struct {
	// What derived clients are laid over.
	layers optionLayers
	// The nearest of every option. What holds for calls is laid together in forMethod.
	options *clientOptions
	url     address
	baseURL string
	origin  string
	// What may be sent to the origin.
	scope *originScope
	// Variables whose values the origin does not get, though code says nothing of them.
	withheld      []string
	serverAddress string
	serverPort    int
	constants     *policy.Constants
	budget        policy.BudgetValues
	headerNames   headerNames
	rules         optionRules
	environment   *environment
	document      *policyDocument
	observe       bool

	resolver methodResolver
	warn     func(problem string)

	mu     sync.RWMutex
	known  map[methodKey]*methodConfig
	order  []methodKey // the oldest first
	warned map[string]bool
}

// A configContext is what a configuration is made in.
type configContext struct {
	// Reads the environment; nil where there is none.
	environment func(maxMaxAttempts int64) (*environment, error)
	// Told of every selector that selects nothing, at the first call of its service.
	warn func(problem string)
	// Perturbed numbers, in tests; nil: those of the behavior version.
	constants *policy.Constants
	// Configuration of the client it is derived from; nil for none.
	parent *clientConfig
}

// createConfig checks options and works out all that does not depend on a call. The error is CONFIG_INVALID, naming the
// option and the rule.
func createConfig(layers optionLayers, in configContext) (*clientConfig, error) {
	options := nearestOptions(layers)
	names := policyHeaderNames(options.headerNames.value)
	maxMaxAttempts := policy.Behaviors[1].MaxMaxAttempts
	if in.constants != nil {
		maxMaxAttempts = in.constants.MaxMaxAttempts
	}
	rules := optionRules{reservedIn(layers, names), maxMaxAttempts}
	for _, each := range layers {
		if err := checkClientOptions(each, rules); err != nil {
			return nil, err
		}
	}
	env, document, err := readAround(options, in, maxMaxAttempts)
	if err != nil {
		return nil, err
	}
	url, err := baseURLOf(options, env)
	if err != nil {
		return nil, err
	}
	if err := checkCombinations(options, url.scheme); err != nil {
		return nil, err
	}
	var parentScope *originScope
	if in.parent != nil {
		parentScope = in.parent.scope
	}
	scope, err := newOriginScope(layers, url.origin(), env, parentScope)
	if err != nil {
		return nil, err
	}
	config := &clientConfig{
		layers: withoutShadowed(layers), options: options,
		url: url, baseURL: url.String(), origin: url.origin(), scope: scope, withheld: withheldFrom(scope, env, options),
		serverAddress: url.hostname(), serverPort: url.port,
		headerNames: names, rules: rules, environment: env, document: document,
		observe: options.mode.value == ModeObserve,
		warn:    in.warn, known: map[methodKey]*methodConfig{}, warned: map[string]bool{},
	}
	config.layNumbers(in.constants)
	return config, nil
}

// readAround reads what is laid under the options. A document that a parent has read is not read again.
func readAround(
	options *clientOptions, in configContext, maxMaxAttempts int64,
) (*environment, *policyDocument, error) {
	env, document := &environment{}, &policyDocument{}
	var err error
	if in.environment != nil {
		if env, err = in.environment(maxMaxAttempts); err != nil {
			return nil, nil, err
		}
	}
	switch given := options.policy.value; {
	case given == nil:
	case in.parent != nil && in.parent.options.policy.value == given:
		document = in.parent.document
	default:
		document, err = readDocument(given.json, maxMaxAttempts)
	}
	return env, document, err
}

func (c *clientConfig) layNumbers(constants *policy.Constants) {
	behavior := first(int64(c.options.behavior.value), c.document.behavior, 1)
	c.constants = constants
	if constants == nil {
		c.constants = policy.Behaviors[behavior]
	}
	c.budget = c.constants.Budget
	stated := c.options.budget.value
	ofCode := policy.BudgetValues{
		Capacity:     int64(stated.capacity.value),
		Cost:         int64(stated.cost.value),
		ThrottleCost: int64(stated.throttleCost.value),
	}
	for _, row := range policy.BudgetRows {
		*row.Of(&c.budget) = first(*row.Of(&ofCode), *row.Of(&c.document.budget), *row.Of(&c.budget))
	}
	preset := first(policy.Preset(c.options.preset.value), c.document.preset, policy.Standalone)
	c.resolver = newMethodResolver(c, behavior, preset)
}

// first is the first value that is not zero.
func first[T comparable](values ...T) T {
	var zero T
	for _, value := range values {
		if value != zero {
			return value
		}
	}
	return zero
}

func baseURLOf(options *clientOptions, env *environment) (address, error) {
	option, given := "baseUrl", options.baseURL.value
	if !options.baseURL.is {
		option, given = "AMEIDE_BASE_URL", env.baseURL
		if given == "" {
			return address{}, configError("baseUrl", "is missing; give it, or set AMEIDE_BASE_URL")
		}
	}
	return readBaseURL(given, baseURLRules{
		option:                option,
		allowInsecureLoopback: options.allowInsecureLoopback.value,
		allowInsecureHosts:    options.allowInsecureHosts.value,
	})
}

func withheldFrom(scope *originScope, env *environment, options *clientOptions) []string {
	var withheld []string
	if scope.environment {
		return nil
	}
	if env.token != "" && !options.auth.is {
		withheld = append(withheld, "AMEIDE_TOKEN")
	}
	if env.tenant != "" && !options.tenant.is {
		withheld = append(withheld, "AMEIDE_TENANT")
	}
	return withheld
}

// forCall is the configuration of a method for a call. It warns of selectors that select nothing.
func (c *clientConfig) forCall(spec connect.Spec) *methodConfig {
	found := c.forMethod(spec)
	if len(found.misspelt) > 0 {
		c.mu.Lock()
		first := !c.warned[found.method.service]
		c.warned[found.method.service] = true
		c.mu.Unlock()
		if first {
			for _, problem := range found.misspelt {
				c.warn(problem)
			}
		}
	}
	return found
}

// forMethod is the configuration of a method, made when it is first asked for.
func (c *clientConfig) forMethod(spec connect.Spec) *methodConfig {
	key := keyOf(spec)
	c.mu.RLock()
	found := c.known[key]
	c.mu.RUnlock()
	if found != nil {
		return found
	}
	made := c.resolver.resolve(newMethod(spec))
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := c.known[key]; found != nil {
		return found
	}
	if len(c.order) >= maxMethods {
		delete(c.known, c.order[0])
		c.order = c.order[1:]
	}
	c.known[key] = made
	c.order = append(c.order, key)
	return made
}

// knownMethods are the methods called or asked for so far.
func (c *clientConfig) knownMethods() []*methodConfig {
	c.mu.RLock()
	defer c.mu.RUnlock()
	methods := make([]*methodConfig, len(c.order))
	for i, key := range c.order {
		methods[i] = c.known[key]
	}
	return methods
}

// policyPart are the parts of settings that are policy: all that the table says options have.
func policyPart(s *settings) policy.Part {
	var part policy.Part
	duration := func(field policy.Field, stated stated[time.Duration]) {
		if stated.is {
			part.Set(field, durationMs(stated.value))
		}
	}
	flag := func(field policy.Field, stated stated[bool]) {
		if stated.is {
			part.Set(field, stated.value)
		}
	}
	duration(policy.TimeoutMs, s.timeout)
	duration(policy.AttemptTimeoutMs, s.attemptTimeout)
	duration(policy.FirstMessageTimeoutMs, s.firstMessageTimeout)
	duration(policy.IdleTimeoutMs, s.idleTimeout)
	flag(policy.WaitForReady, s.waitForReady)
	if key := s.idempotencyKey; key.is && (key.value == keyAuto || key.value == keyOff) {
		part.Set(policy.IdempotencyKey, policy.KeyMode(key.value))
	}
	flag(policy.Retry, s.retry)
	if !s.retry.value {
		return part
	}
	retry := &s.retryOptions
	if retry.maxAttempts.is {
		part.Set(policy.MaxAttempts, int64(retry.maxAttempts.value))
	}
	duration(policy.BaseDelayMs, retry.baseDelay)
	duration(policy.ThrottleDelayMs, retry.throttleDelay)
	duration(policy.MaxDelayMs, retry.maxDelay)
	duration(policy.MaxServerDelayMs, retry.maxServerDelay)
	flag(policy.RequireIdempotency, retry.requireIdempotency)
	if retry.retryableCodes.is {
		part.Set(policy.RetryableCodes, slices.Sorted(slices.Values(retry.retryableCodes.value)))
	}
	return part
}

// A sourced value is one of a setting, and where it comes from.
type sourced[T any] struct {
	value  T
	source string
}

// A codeLayer is settings, and what explanations call them.
type codeLayer struct {
	source   string
	settings *settings
}

type methodResolver struct {
	layers      optionLayers
	scope       *originScope
	environment *environment
	document    *policyDocument
	constants   *policy.Constants
	auth        sourced[*Auth]
	tenant      sourced[string]
	selectors   []statedSelectors
	descriptors *protoregistry.Files
	builtIn     string
	preset      policy.Layer
	httpGet     bool
}

func newMethodResolver(c *clientConfig, behavior int64, preset policy.Preset) methodResolver {
	r := methodResolver{
		layers: c.layers, scope: c.scope, environment: c.environment, document: c.document, constants: c.constants,
		selectors: selectorsIn(c.layers, c.document), descriptors: c.options.descriptors.value,
		builtIn: fmt.Sprintf("built-in (behavior %d)", behavior),
		preset:  policy.Layer{Source: fmt.Sprintf("preset: %s", preset), Values: c.constants.Presets[preset]},
		httpGet: c.options.httpGet.value,
	}
	r.auth.source = environmentSource("AMEIDE_TOKEN", c.environment.token, c.scope)
	r.tenant.source = environmentSource("AMEIDE_TENANT", c.environment.tenant, c.scope)
	if c.scope.environment {
		if c.environment.token != "" {
			r.auth.value = BearerToken(c.environment.token)
		}
		r.tenant.value = c.environment.tenant
	}
	return r
}

// What the environment gives for its own base address, unless code says more.
func environmentSource(variable, value string, scope *originScope) string {
	switch {
	case value == "":
		return "built-in"
	case scope.environment:
		return "environment: " + variable
	}
	return fmt.Sprintf("built-in (%s is for AMEIDE_BASE_URL; WithEnvironmentCredentials(true) sends it here)", variable)
}

func selectorsIn(layers optionLayers, document *policyDocument) []statedSelectors {
	var all []statedSelectors
	for _, layer := range layers {
		var selectors []string
		for _, each := range layer.methods.value {
			selectors = append(selectors, each.selector)
		}
		all = append(all, statedSelectors{"methods", selectors})
	}
	return append(all, statedSelectors{"policy document", document.selectors})
}

func (r *methodResolver) resolve(m *method) *methodConfig {
	code := inCode(r.layers, m)
	ofOrigin := inCode(r.layers[:min(len(r.layers), len(r.scope.layers))], m)
	config := &methodConfig{
		method: m, policy: policy.Resolve(
			r.policyLayers(m, code), r.builtIn, policy.DefaultsFor(r.constants.Defaults, m.kind),
		),
	}
	config.requestIDField, config.refusal = refusalOf(m, &config.policy)
	r.layCredentials(config, ofOrigin)
	for _, each := range code {
		if each.settings.deadlineFrom.is {
			config.deadlineFrom = each.settings.deadlineFrom.value
			break
		}
	}
	if m.desc != nil {
		if service, ok := m.desc.Parent().(protoreflect.ServiceDescriptor); ok {
			config.misspelt = misspelt(service, r.selectors)
		}
	}
	isSafe := config.policy.Values.Idempotency == policy.NoSideEffects
	config.sendsGet = r.httpGet && m.level == connect.IdempotencyNoSideEffects && isSafe
	return config
}

// A derived client is nearer than what its parent says of single methods.
func inCode(layers optionLayers, m *method) []codeLayer {
	var code []codeLayer
	for _, layer := range layers {
		methods := make(map[string]*settings, len(layer.methods.value))
		for _, each := range layer.methods.value {
			methods[each.selector] = each.settings
		}
		for _, each := range policy.Select(methods, m.service, m.local) {
			code = append(code, codeLayer{fmt.Sprintf("code: methods[%s]", each.Selector), each.Entry})
		}
		code = append(code, codeLayer{"code: client", &layer.settings})
	}
	return code
}

func (r *methodResolver) policyLayers(m *method, code []codeLayer) []policy.Layer {
	var layers []policy.Layer
	if r.environment.retriesOff {
		layers = append(layers, policy.Layer{
			Source: "environment: AMEIDE_SDK_RETRIES", Values: stating(policy.Retry, false),
		})
	}
	for _, each := range code {
		layers = append(layers, policy.Layer{Source: each.source, Values: policyPart(each.settings)})
	}
	layers = append(layers, r.environment.layers...)
	for _, each := range policy.Select(r.document.methods, m.service, m.local) {
		layers = append(layers, policy.Layer{Source: "policy document: " + each.Selector, Values: each.Entry})
	}
	layers = append(layers, policy.Layer{Source: "policy document: default", Values: r.document.defaults})
	return append(append(layers, r.facts(m)...), r.preset)
}

// Generated code knows no lines; descriptors that were given may.
func (r *methodResolver) facts(m *method) []policy.Layer {
	if r.descriptors == nil {
		return m.facts
	}
	located := findMethodIn(r.descriptors, m.service, m.local)
	if located == nil {
		return m.facts
	}
	return methodFacts(m, located)
}

func (r *methodResolver) layCredentials(config *methodConfig, ofOrigin []codeLayer) {
	config.auth, config.authSource = r.auth.value, r.auth.source
	config.tenant, config.tenantSource = r.tenant.value, r.tenant.source
	headers := map[string]string{}
	for _, each := range slices.Backward(ofOrigin) {
		s := each.settings
		if s.auth.is {
			config.auth, config.authSource = s.auth.value, each.source
		}
		if s.tenant.is {
			config.tenant, config.tenantSource = "", each.source
			if s.tenant.value != nil {
				config.tenant = *s.tenant.value
			}
		}
		// Names in lower case, so that a nearer header replaces a farther one.
		for _, one := range s.headers.value {
			headers[strings.ToLower(one.name)] = one.value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		config.headers = append(config.headers, header{name, headers[name]})
	}
}
