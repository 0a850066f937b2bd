package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"time"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1/conformancev1connect"
	ameide "github.com/ameideio/ameide-sdk-go"
)

// clientOptions are the options of a client, as far as the case gives them.
func clientOptions(request runRequest, on *providers) ([]ameide.Option, error) {
	given := clientOf(request.RunRequest)
	options, err := sharedOptions(given.GetSettings(), on)
	if err != nil {
		return nil, err
	}
	add := func(option ...ameide.Option) { options = append(options, option...) }
	if given.GetUnknownOption() != "" {
		return nil, errors.New("the compiler refuses an unknown option")
	}
	if given.AllowInsecureLoopback == nil || given.GetAllowInsecureLoopback() {
		add(ameide.AllowInsecureLoopback())
	}
	if hosts := given.GetAllowInsecureHosts(); len(hosts) > 0 {
		add(ameide.AllowInsecureHosts(hosts...))
	}
	if protocol := request.GetProtocol(); protocol != "" {
		add(ameide.WithProtocol(ameide.Protocol(protocol)))
	}
	if request.GetFormat() == "json" {
		add(ameide.WithJSON())
	}
	for name, each := range given.GetMethods() {
		settings, err := sharedSettings(each, on)
		if err != nil {
			return nil, err
		}
		add(ameide.WithMethod(selectorOf(name), settings...))
	}
	add(policyOptions(given)...)
	add(connectionOptions(request.RunRequest)...)
	if given.GetPolicy() != nil {
		add(ameide.WithPolicy(request.policy))
	}
	add(budgetOptions(request.GetGiven(), given.GetBudget())...)
	for _, each := range given.GetInterceptors() {
		add(ameide.WithInterceptors(&interceptor{each, on}))
	}
	material, err := tlsOptions(request.RunRequest)
	return append(options, material...), err
}

// clientOf is what the case gives of the client.
func clientOf(request *pb.RunRequest) *pb.ClientSettings {
	if given := request.GetGiven().GetClient(); given != nil {
		return given
	}
	return &pb.ClientSettings{}
}

func selectorOf(name string) string {
	if name == "*" {
		return conformancev1connect.ConformanceServiceName
	}
	return conformancev1connect.ConformanceServiceName + "/" + name
}

func policyOptions(given *pb.ClientSettings) (options []ameide.Option) {
	add := func(option ameide.Option) { options = append(options, option) }
	if preset := given.GetPreset(); preset != "" {
		add(ameide.WithPreset(ameide.Preset(preset)))
	}
	if mode := given.GetMode(); mode != "" {
		add(ameide.WithMode(ameide.Mode(mode)))
	}
	if given.Behavior != nil {
		add(ameide.WithBehavior(int(given.GetBehavior())))
	}
	if given.GetEnvironmentCredentials() {
		add(ameide.WithEnvironmentCredentials(true))
	}
	if given.GetAttemptSpans() {
		add(ameide.WithAttemptSpans(true))
	}
	named := map[string]func(string) ameide.Option{
		"tenant":          ameide.WithTenantHeader,
		"request_id":      ameide.WithRequestIDHeader,
		"idempotency_key": ameide.WithIdempotencyKeyHeader,
	}
	for header, name := range given.GetHeaderNames() {
		add(named[header](name))
	}
	if name := given.GetAppName(); name != "" {
		add(ameide.WithAppName(name))
	}
	if keys := given.GetBaggage(); len(keys) > 0 {
		add(ameide.WithBaggage(keys...))
	}
	return options
}

func connectionOptions(request *pb.RunRequest) (options []ameide.Option) {
	add := func(option ameide.Option) { options = append(options, option) }
	given := clientOf(request)
	version := request.GetHttp()
	if version == "" {
		version = given.GetHttpVersion()
	}
	if version != "" && version != "auto" {
		add(ameide.WithHTTPVersion(ameide.HTTPVersion(version)))
	}
	if given.ConnectTimeoutMs != nil {
		add(ameide.WithConnectTimeout(duration(given.GetConnectTimeoutMs())))
	}
	if keepAlive := given.GetKeepAlive(); keepAlive != nil {
		add(keepAliveOption(keepAlive))
	}
	if given.MaxConnectionAgeMs != nil {
		add(ameide.WithMaxConnectionAge(duration(given.GetMaxConnectionAgeMs())))
	}
	if given.MaxConnections != nil {
		add(ameide.WithMaxConnections(int(given.GetMaxConnections())))
	}
	if given.GetHttpGet() && request.GetProtocol() == connectProtocol {
		add(ameide.WithHTTPGet(true))
	}
	if given.ReadMaxBytes != nil {
		add(ameide.WithReadMaxBytes(int(given.GetReadMaxBytes())))
	}
	if send := given.GetSendCompression(); send != "" {
		add(ameide.WithSendCompression(ameide.Compression(send)))
	}
	if accept := given.GetAcceptCompression(); accept != "" {
		add(ameide.WithAcceptCompression(ameide.Compression(accept)))
	}
	return options
}

func keepAliveOption(given *pb.KeepAlive) ameide.Option {
	if given.GetOff() {
		return ameide.WithoutKeepAlive()
	}
	var options []ameide.KeepAliveOption
	if given.IntervalMs != nil {
		options = append(options, ameide.KeepAliveInterval(duration(given.GetIntervalMs())))
	}
	if given.TimeoutMs != nil {
		options = append(options, ameide.KeepAliveTimeout(duration(given.GetTimeoutMs())))
	}
	if given.WhileIdle != nil {
		options = append(options, ameide.KeepAliveWhileIdle(given.GetWhileIdle()))
	}
	return ameide.WithKeepAlive(options...)
}

func budgetOptions(given *pb.Given, budget *pb.Budget) []ameide.Option {
	if budget == nil {
		budget = &pb.Budget{}
	}
	var options []ameide.BudgetOption
	add := func(tokens *int32, option func(int) ameide.BudgetOption) {
		if tokens != nil {
			options = append(options, option(int(*tokens)))
		}
	}
	capacity := budget.Capacity
	if capacity == nil {
		capacity = given.BudgetCapacity
	}
	add(capacity, ameide.BudgetCapacity)
	add(budget.Cost, ameide.BudgetCost)
	add(budget.ThrottleCost, ameide.BudgetThrottleCost)
	if len(options) == 0 {
		return nil
	}
	return []ameide.Option{ameide.WithBudget(options...)}
}

func tlsOptions(request *pb.RunRequest) ([]ameide.Option, error) {
	if request.GetCa() == "" && request.GetClientCertificate() == "" {
		return nil, nil
	}
	config := &tls.Config{}
	if ca := request.GetCa(); ca != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("the authority is no certificate")
		}
	}
	if certificate := request.GetClientCertificate(); certificate != "" {
		pair, err := tls.X509KeyPair([]byte(certificate), []byte(request.GetClientKey()))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return []ameide.Option{ameide.WithTLS(config)}, nil
}

// baseURL is where a client's service is. In memory any address will do, including one that the
// environment gives.
func baseURL(request *pb.RunRequest) string {
	for _, url := range []string{request.GetGiven().GetClient().GetBaseUrl(), request.GetBaseUrl()} {
		if url != "" {
			return url
		}
	}
	if request.GetGiven().GetEnv()["AMEIDE_BASE_URL"] != "" {
		return ""
	}
	return "https://memory.test"
}

// callOptions are the settings of a call.
func callOptions(given *pb.Settings, on *providers) []ameide.CallOption {
	var options []ameide.CallOption
	for _, each := range settings(given, on) {
		options = append(options, each)
	}
	return append(options, ofCallsOnly(given)...)
}

// ofCallsOnly are the settings that only a call may have.
func ofCallsOnly(given *pb.Settings) (options []ameide.CallOption) {
	if given != nil && given.RequestId != nil {
		options = append(options, ameide.WithRequestID(given.GetRequestId()))
	}
	if given != nil && given.IdempotencyKey != nil {
		if key := given.GetIdempotencyKey(); key != "auto" && key != "off" {
			options = append(options, ameide.WithIdempotencyKey(key))
		}
	}
	return options
}

// sharedSettings are settings of a client or a method.
func sharedSettings(given *pb.Settings, on *providers) ([]ameide.Setting, error) {
	if len(ofCallsOnly(given)) > 0 {
		return nil, errors.New("the compiler refuses, for a client, what is a call's own")
	}
	return settings(given, on), nil
}

func sharedOptions(given *pb.Settings, on *providers) ([]ameide.Option, error) {
	settings, err := sharedSettings(given, on)
	options := make([]ameide.Option, len(settings))
	for i, each := range settings {
		options[i] = each
	}
	return options, err
}

// settings are what a client, its methods and a call accept alike.
func settings(given *pb.Settings, on *providers) (options []ameide.Setting) {
	if given == nil {
		return nil
	}
	add := func(option ameide.Setting) { options = append(options, option) }
	limit := func(ms *float64, option func(time.Duration) ameide.Setting) {
		if ms != nil {
			add(option(duration(*ms)))
		}
	}
	limit(given.TimeoutMs, ameide.WithTimeout)
	limit(given.AttemptTimeoutMs, ameide.WithAttemptTimeout)
	limit(given.FirstMessageTimeoutMs, ameide.WithFirstMessageTimeout)
	limit(given.IdleTimeoutMs, ameide.WithIdleTimeout)
	if given.GetNoDeadline() {
		add(ameide.NoDeadline())
	}
	if given.GetRetryOff() {
		add(ameide.WithoutRetry())
	} else if retry := given.GetRetry(); retry != nil {
		add(ameide.WithRetry(retryOptions(retry)...))
	}
	if given.WaitForReady != nil {
		add(ameide.WithWaitForReady(given.GetWaitForReady()))
	}
	if given.GetTenantNull() {
		add(ameide.WithoutTenant())
	} else if given.Tenant != nil {
		add(ameide.WithTenant(given.GetTenant()))
	}
	if given.GetAuthNull() {
		add(ameide.WithoutAuth())
	} else if auth := given.GetAuth(); auth != nil {
		add(ameide.WithAuth(on.auth(auth)))
	}
	if headers := given.GetHeaders(); len(headers) > 0 || given.GetHeadersEmpty() {
		add(ameide.WithHeaders(headers))
	}
	switch key := given.GetIdempotencyKey(); {
	case key == "auto":
		add(ameide.WithAutoIdempotencyKey())
	case key == "off":
		add(ameide.WithoutIdempotencyKey())
	}
	if given.AmbientDeadlineMs != nil {
		add(ameide.WithDeadlineFrom(on.served(duration(given.GetAmbientDeadlineMs()))))
	}
	if given.GetAmbientDeadlineText() != "" || given.GetAmbientDeadlineThrows() {
		panic(errors.New("the deadline of a context is a time, and does not fail"))
	}
	return options
}

func retryOptions(given *pb.Retry) (options []ameide.RetryOption) {
	add := func(option ameide.RetryOption) { options = append(options, option) }
	delay := func(ms *float64, option func(time.Duration) ameide.RetryOption) {
		if ms != nil {
			add(option(duration(*ms)))
		}
	}
	if given.MaxAttempts != nil {
		add(ameide.MaxAttempts(wholeNumber(given.GetMaxAttempts())))
	}
	delay(given.BaseDelayMs, ameide.BaseDelay)
	delay(given.ThrottleDelayMs, ameide.ThrottleDelay)
	delay(given.MaxDelayMs, ameide.MaxDelay)
	delay(given.MaxServerDelayMs, ameide.MaxServerDelay)
	if codes := given.GetRetryableCodes(); len(codes) > 0 {
		add(ameide.RetryableCodes(codes...))
	}
	if given.RequireIdempotency != nil {
		add(ameide.RequireIdempotency(given.GetRequireIdempotency()))
	}
	return options
}

// duration has so many milliseconds. What is no number is a negative duration, which nothing accepts.
func duration(ms float64) time.Duration {
	switch nanoseconds := ms * float64(time.Millisecond); {
	case math.IsNaN(ms):
		return -time.Millisecond
	case nanoseconds >= math.MaxInt64:
		return math.MaxInt64
	case nanoseconds <= math.MinInt64:
		return math.MinInt64
	default:
		return time.Duration(nanoseconds)
	}
}

// wholeNumber is a number of a case as an int, which is all that the compiler accepts.
func wholeNumber(value float64) int {
	if value != math.Trunc(value) {
		panic(fmt.Errorf("the compiler refuses %v where an int is due", value))
	}
	return int(value)
}
