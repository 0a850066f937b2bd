package ameide

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"weak"

	"github.com/ameideio/ameide-sdk-go/internal/hook"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// Beyond these a client is told of no more misspelt selectors.
const maxWarnings = 100

// A clientFamily is a client and all that are derived from it: connections, budgets, tokens and a lifetime in common.
type clientFamily struct {
	runtime   *hook.Runtime
	lifetime  *lifetime
	timers    *timers
	pools     *connectionPools
	budgets   *recentMap[string, *policy.Budget]
	addresses *recentMap[string, *addressLimit]
	tokens    *tokenStore

	mu      sync.Mutex
	sources map[weak.Pointer[Auth]]credentialSource
	told    map[string]bool
	newer   map[weak.Pointer[policyOption]]bool
}

func newClientFamily(replaced *hook.Runtime) *clientFamily {
	if replaced == nil {
		replaced = new(hook.Runtime)
	}
	family := &clientFamily{
		runtime:   replaced,
		timers:    newTimers(replaced),
		pools:     newConnectionPools(),
		budgets:   newRecentMap[string, *policy.Budget](policy.MaxOrigins, nil),
		addresses: newRecentMap[string, *addressLimit](policy.MaxOrigins, nil),
		tokens:    newTokenStore(),
		sources:   map[weak.Pointer[Auth]]credentialSource{},
		told:      map[string]bool{},
		newer:     map[weak.Pointer[policyOption]]bool{},
	}
	family.lifetime = newLifetime(func(reason *Error) {
		family.tokens.close(reason)
		family.pools.close()
	})
	return family
}

// contextFor makes what all calls of a transport share. parent is the configuration of the transport that it is derived
// from; nil for none.
func (f *clientFamily) contextFor(layers optionLayers, parent *clientConfig) (*clientContext, error) {
	logger := nearestOptions(layers).logger.value
	config, err := createConfig(layers, configContext{
		environment: f.environment(parent),
		warn:        func(problem string) { f.warnOnce(logger, problem) },
		constants:   f.runtime.Constants,
		parent:      parent,
	})
	if err != nil {
		return nil, err
	}
	options := config.options
	sender, err := f.sender(config)
	if err != nil {
		return nil, err
	}
	f.logOnce(config)
	protocol := policy.Protocol(options.protocol.or(ProtocolConnect))
	readMaxBytes := int64(options.readMaxBytes.or(int(config.constants.ReadMaxBytes)))
	client := &clientContext{
		config:          config,
		constants:       config.constants,
		runtime:         f.runtime,
		timers:          f.timers,
		budget:          f.budgets.get(config.origin, func() *policy.Budget { return policy.NewBudget(config.budget) }),
		addresses:       f.addressLimit(config),
		http:            sender,
		hasInterceptors: len(options.interceptors.value) > 0,
		protocol:        protocol,
		shapes:          newWireShapes(options, readMaxBytes),
		userAgent:       userAgent(config.constants.MaxUserAgentBytes, options.appName.value),
		lifetime:        f.lifetime,
		credentials:     func(auth *Auth) credentialSource { return f.credentials(auth, config.constants) },
		sinks:           sinksOf(config),
	}
	client.prepare()
	return client, nil
}

// The environment is read where a family begins: what is derived is of the same process.
func (f *clientFamily) environment(parent *clientConfig) func(int64) (*environment, error) {
	if parent != nil {
		return func(int64) (*environment, error) { return parent.environment, nil }
	}
	return func(maxMaxAttempts int64) (*environment, error) { return readEnvironment(os.Getenv, maxMaxAttempts) }
}

func (f *clientFamily) addressLimit(config *clientConfig) *addressLimit {
	return f.addresses.get(config.origin, func() *addressLimit {
		return newAddressLimit(config.constants.MaxGetURLLength)
	})
}

// A credential is known by its address, as long as somebody has it.
func (f *clientFamily) credentials(auth *Auth, constants *policy.Constants) credentialSource {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := weak.Make(auth)
	source := f.sources[key]
	if source == nil {
		source = newCredentialSource(auth, f.runtime, constants, f.timers, f.tokens)
		f.sources[key] = source
		runtime.AddCleanup(auth, f.forgetSource, key)
	}
	return source
}

func (f *clientFamily) forgetSource(key weak.Pointer[Auth]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sources, key)
}

// sender sends requests: by the user's own HTTP client, or over connections that are made at the first call, so that a
// client which makes none holds none.
func (f *clientFamily) sender(config *clientConfig) (http.RoundTripper, error) {
	if supplied := config.options.roundTripper.value; supplied != nil {
		return supplied, nil
	}
	settings, err := connectionSettingsOf(config.options, config.origin, config.constants)
	if err != nil {
		return nil, err
	}
	warn := warner(config)
	connect := func() *connections { return newConnections(settings, warn) }
	return roundTripperFunc(func(request *http.Request) (*http.Response, error) {
		// A call may have slept while the client was closed.
		if closed := f.lifetime.closed(); closed != nil {
			return nil, closed
		}
		return f.pools.get(settings, connect).RoundTrip(request)
	}), nil
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func sinksOf(config *clientConfig) func(context.Context, *callInfo) []callSink {
	options := config.options
	var watching []callSink
	if options.logger.is {
		if sink := newLogSink(options.logger.value, logLevelOf(config)); sink != nil {
			watching = append(watching, sink)
		}
	}
	if options.observer.is {
		watching = append(watching, onlyEvents(options.observer.value))
	}
	if options.telemetry.is && options.telemetry.value == nil {
		return func(context.Context, *callInfo) []callSink { return watching }
	}
	telemetry := newOtelTelemetry(options.telemetry.value, telemetryChoices{
		baggage:         options.baggage.value,
		attemptSpans:    options.attemptSpans.value,
		tenantAttribute: options.tenantAttribute.value,
	})
	return func(ctx context.Context, call *callInfo) []callSink {
		traced := telemetry.begin(ctx, call)
		if traced == nil {
			return watching
		}
		return append([]callSink{traced}, watching...)
	}
}

func logLevelOf(config *clientConfig) LogLevel {
	if level := config.document.logLevel; level != "" && !config.options.logLevel.is {
		return LogLevel(level)
	}
	return config.options.logLevel.or(LogWarn)
}

// warner tells of connections. It holds no configuration: a pool lives longer than the client that was first to call.
func warner(config *clientConfig) func(text string, fields ...any) {
	logger := config.options.logger.value
	level := logLevelOf(config)
	if logger == nil || level == LogOff || level == LogError {
		return func(string, ...any) {}
	}
	return func(text string, fields ...any) { logger.Warn(text, fields...) }
}

func (f *clientFamily) logOnce(config *clientConfig) {
	logger := config.options.logger.value
	if config.environment.retriesOff {
		f.tellOnce(logger, "ameide retries are off: AMEIDE_SDK_RETRIES=off beats all options", "kill switch")
	}
	if len(config.withheld) > 0 {
		f.tellOnce(logger, "ameide "+strings.Join(config.withheld, " and ")+" not sent: the base address is not "+
			"AMEIDE_BASE_URL's; WithEnvironmentCredentials(true) sends it", "withheld")
	}
	if document := config.options.policy.value; document != nil && len(config.document.unknownFields) > 0 {
		f.tellOfDocument(logger, document, config.document.unknownFields)
	}
}

// tellOfDocument tells of a document once, however many clients have it.
func (f *clientFamily) tellOfDocument(logger *slog.Logger, document *policyOption, fields []string) {
	f.mu.Lock()
	key := weak.Make(document)
	isNew := !f.newer[key] && len(f.newer) < maxWarnings
	if isNew {
		f.newer[key] = true
	}
	f.mu.Unlock()
	if isNew && logger != nil {
		logger.Warn("ameide policy document has parts this version cannot use; ignored: "+strings.Join(fields, ", "),
			"fields", slices.Clone(fields))
	}
}

// warnOnce tells of a problem once: clients may be derived for every request, and theirs are the same selectors.
func (f *clientFamily) warnOnce(logger *slog.Logger, problem string) {
	f.mu.Lock()
	isFull := len(f.told) >= maxWarnings
	f.mu.Unlock()
	if !isFull {
		f.tellOnce(logger, "ameide "+problem, problem)
	}
}

func (f *clientFamily) tellOnce(logger *slog.Logger, text, key string) {
	f.mu.Lock()
	isNew := !f.told[key]
	f.told[key] = true
	f.mu.Unlock()
	if isNew && logger != nil {
		logger.Warn(text)
	}
}
