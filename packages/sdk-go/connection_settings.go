package ameide

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// connectionSettings are what a client's connections are made with. Clients of a family whose settings are equal share
// them.
type connectionSettings struct {
	origin              string
	version             HTTPVersion // or httpVersionNegotiated
	grpc                bool
	connectTimeout      time.Duration
	tls                 *tlsOptions // nil: the system's
	dial                *dialOption // nil: the standard library's
	proxy, proxySource  string      // empty: none
	maxConnections      int         // over HTTP/1.1
	keepAlive           keepAlive
	maxConnectionAge    time.Duration // 0: any age
	maxHTTP2Connections int
}

// keepAlive says when a connection of HTTP/2 is asked whether its peer is there.
type keepAlive struct {
	off               bool
	interval, timeout time.Duration
	whileIdle         bool
}

// connectionSettingsOf reads what a client's connections are made with. The error is CONFIG_INVALID.
func connectionSettingsOf(options *clientOptions, origin string, constants *policy.Constants) (connectionSettings, error) {
	made := connectionSettings{
		origin:              origin,
		version:             httpVersionOf(options, origin),
		grpc:                options.protocol.value == ProtocolGRPC,
		connectTimeout:      options.connectTimeout.or(msDuration(constants.ConnectTimeoutMs)),
		tls:                 options.tls.value,
		dial:                options.dialContext.value,
		maxConnections:      options.maxConnections.or(int(policy.ClientNumber(policy.MaxConnections).Default)),
		keepAlive:           keepAliveOf(options.keepAlive, constants),
		maxConnectionAge:    options.maxConnectionAge.value,
		maxHTTP2Connections: int(constants.MaxHTTP2Connections),
	}
	var err error
	made.proxy, made.proxySource, err = proxyOf(options.proxy, origin)
	return made, err
}

// explained is what holds for connections of ours, whatever the method. builtIn is the source of what nobody states.
func (s *connectionSettings) explained(options *clientOptions, builtIn string) []ExplainedValue {
	of := func(name string, value any, stated field) ExplainedValue {
		source := builtIn
		if stated.isStated() {
			source = "code: client"
		}
		return ExplainedValue{name, value, source}
	}
	var age, proxy any
	if s.maxConnectionAge > 0 {
		age = durationMs(s.maxConnectionAge)
	}
	explained := []ExplainedValue{
		of("httpVersion", string(s.version), &options.httpVersion),
		of("connectTimeoutMs", durationMs(s.connectTimeout), &options.connectTimeout),
		of("keepAlive", s.keepAlive.explained(), &options.keepAlive),
		of("maxConnectionAgeMs", age, &options.maxConnectionAge),
		of("proxy", proxy, &options.proxy),
	}
	if s.proxy != "" {
		explained[len(explained)-1] = ExplainedValue{"proxy", shownProxy(s.proxy), s.proxySource}
	}
	return explained
}

func (k keepAlive) explained() any {
	if k.off {
		return false
	}
	return struct {
		IntervalMs int64 `json:"intervalMs"`
		TimeoutMs  int64 `json:"timeoutMs"`
		WhileIdle  bool  `json:"whileIdle"`
	}{durationMs(k.interval), durationMs(k.timeout), k.whileIdle}
}

func keepAliveOf(stated stated[*keepAliveOptions], constants *policy.Constants) keepAlive {
	if stated.is && stated.value == nil {
		return keepAlive{off: true}
	}
	var options keepAliveOptions
	if stated.is {
		options = *stated.value
	}
	return keepAlive{
		interval:  options.interval.or(msDuration(constants.KeepAlive.IntervalMs)),
		timeout:   options.timeout.or(msDuration(constants.KeepAlive.TimeoutMs)),
		whileIdle: options.whileIdle.value,
	}
}

const proxyRule = "must be an http or https address of a host as it is used, with a port from 1 to 65535 and without a " +
	"path, such as http://127.0.0.1:3128"

// proxyOf is the proxy on the way to an origin, and who states it: the option, or the environment as net/http reads it.
func proxyOf(stated stated[*string], origin string) (proxy, source string, err error) {
	if stated.is {
		if stated.value == nil {
			return "", "code: client", nil
		}
		address, err := url.Parse(*stated.value)
		if err != nil || !isProxyAddress(address) {
			return "", "", configError("proxy", proxyRule)
		}
		if isElsewhere(address, origin) {
			return "", "code: client", nil
		}
		return address.String(), "code: client", nil
	}
	target, err := url.Parse(origin)
	if err != nil {
		return "", "", nil
	}
	found, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	variable := strings.ToUpper(target.Scheme) + "_PROXY"
	if err != nil {
		return "", "", configError(variable, proxyRule)
	}
	// Others, such as SOCKS, are for somebody else.
	if found == nil || found.Scheme != "http" && found.Scheme != "https" {
		return "", "", nil
	}
	if !hasRealHost(found) {
		return "", "", configError(variable, proxyRule)
	}
	if isElsewhere(found, origin) {
		return "", "", nil
	}
	return found.String(), "environment: " + variable, nil
}

// isElsewhere: loopback addresses are this machine's, and a proxy elsewhere has others.
func isElsewhere(proxy *url.URL, origin string) bool {
	target, err := url.Parse(origin)
	return err == nil && isLoopbackHost(target.Hostname()) && !isLoopbackHost(proxy.Hostname())
}

// isLoopbackHost says whether a host, without the brackets of IPv6, is this machine, as connections are made to it.
func isLoopbackHost(host string) bool {
	return localhost.MatchString(host) || isLoopback(host) || host == "::1"
}

func isProxyAddress(address *url.URL) bool {
	isHTTP := address.Scheme == "http" || address.Scheme == "https"
	return isHTTP && hasRealHost(address) && (address.Path == "" || address.Path == "/") && address.RawQuery == "" &&
		!address.ForceQuery && address.Fragment == ""
}

// hasRealHost says whether an address names a host as it is used, and a port there can be.
func hasRealHost(address *url.URL) bool {
	host := strings.ToLower(address.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port, err := strconv.ParseUint(first(address.Port(), "80"), 10, 16)
	return isCanonicalHost(host) && err == nil && port > 0
}

// shownProxy is a proxy without its credential.
func shownProxy(proxy string) string {
	address, err := url.Parse(proxy)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s://%s", address.Scheme, address.Host)
}
