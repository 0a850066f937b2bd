package ameide

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// WithHTTPVersion sets the HTTP version. Default over https what the server picks, HTTP/2 if it can (ALPN, RFC 7301);
// over http HTTP/1.1. For gRPC always HTTP/2.
func WithHTTPVersion(version HTTPVersion) Option {
	return clientOption(func(o *clientOptions) { o.httpVersion = state(version) })
}

// WithConnectTimeout sets the longest time for a connection to be made, its TLS included, greater than 0: a failure
// where nothing was sent. Calls that wait for one connection share it; a call may give up before. Default 10 s.
func WithConnectTimeout(timeout time.Duration) Option {
	return clientOption(func(o *clientOptions) { o.connectTimeout = state(timeout) })
}

// WithMaxConnections sets how many connections there are to an origin over HTTP/1.1, each of which carries one call,
// 1 to 65535. Calls beyond wait for one, within their deadlines. HTTP/2 makes few. Default 256.
func WithMaxConnections(connections int) Option {
	return clientOption(func(o *clientOptions) { o.maxConnections = state(connections) })
}

// A KeepAliveOption is a value of [WithKeepAlive].
type KeepAliveOption func(*keepAliveOptions)

// WithKeepAlive sets when a connection of HTTP/2 is asked by a PING whether its peer is there, so that a quiet stream,
// too, learns that its connection is dead. Default on, with the defaults of its values.
func WithKeepAlive(options ...KeepAliveOption) Option {
	return clientOption(func(o *clientOptions) {
		var keepAlive keepAliveOptions
		if o.keepAlive.value != nil {
			keepAlive = *o.keepAlive.value
		}
		applyAll(options, &keepAlive, &o.settings, "keepAlive")
		o.keepAlive = state(&keepAlive)
	})
}

// WithoutKeepAlive asks no connection whether its peer is there, nor one on which an attempt timed out.
func WithoutKeepAlive() Option {
	return clientOption(func(o *clientOptions) { o.keepAlive = state[*keepAliveOptions](nil) })
}

// KeepAliveInterval is the time without a byte from the peer after which it is asked, at least 1 s. Default 20 s. gRPC
// recommends no less than 10 s (gRFC A8), and servers close connections that are asked more often than they allow.
func KeepAliveInterval(interval time.Duration) KeepAliveOption {
	return func(k *keepAliveOptions) { k.interval = state(interval) }
}

// KeepAliveTimeout is how long the answer may take, at least 1 ms. Default 10 s.
func KeepAliveTimeout(timeout time.Duration) KeepAliveOption {
	return func(k *keepAliveOptions) { k.timeout = state(timeout) }
}

// KeepAliveWhileIdle asks while no call is under way, too. Default false.
func KeepAliveWhileIdle(ask bool) KeepAliveOption {
	return func(k *keepAliveOptions) { k.whileIdle = state(ask) }
}

// WithMaxConnectionAge sets how old a connection of HTTP/2 gets, at least 1 ms, give or take a tenth (as in gRFC A9):
// then it takes no new call and ends those under way, so that servers that came later get some. Default any age.
func WithMaxConnectionAge(age time.Duration) Option {
	return clientOption(func(o *clientOptions) { o.maxConnectionAge = state(age) })
}

// WithHTTPGet uses GET for unary methods without side effects, as long as the address has at most 8000 characters and
// is not refused as too long. For [ProtocolConnect] only. Default false.
func WithHTTPGet(get bool) Option {
	return clientOption(func(o *clientOptions) { o.httpGet = state(get) })
}

// WithReadMaxBytes sets the largest message to receive, 1 to 4294967295 bytes. Default 4 MiB.
func WithReadMaxBytes(bytes int) Option {
	return clientOption(func(o *clientOptions) { o.readMaxBytes = state(bytes) })
}

// WithTLS sets TLS material: authorities to trust instead of the system's (RootCAs), a client certificate
// (Certificates), and whatever else of a [tls.Config] is for clients. ServerName and NextProtos are the SDK's. It is
// copied. Default the system's.
func WithTLS(config *tls.Config) Option {
	stated := &tlsOptions{config: config.Clone()}
	return clientOption(func(o *clientOptions) { o.tls = state(stated) })
}

// WithTLSSource asks a function for TLS material whenever a connection is made, within [WithConnectTimeout], so that
// certificates may rotate. Its error fails the calls that wait for the connection, of which nothing was sent. Of it
// and [WithTLS] the last holds. Default the system's.
func WithTLSSource(source func(context.Context) (*tls.Config, error)) Option {
	stated := &tlsOptions{source: source}
	return clientOption(func(o *clientOptions) { o.tls = state(stated) })
}

// WithProxy sets the proxy on the way to the server, an http or https address; a user and password in it are for the
// proxy alone. Default what [http.ProxyFromEnvironment] says: HTTPS_PROXY, HTTP_PROXY, NO_PROXY.
func WithProxy(url string) Option {
	return clientOption(func(o *clientOptions) { o.proxy = state(&url) })
}

// WithoutProxy uses no proxy, whatever the environment says.
func WithoutProxy() Option {
	return clientOption(func(o *clientOptions) { o.proxy = state[*string](nil) })
}

// WithDialContext makes the connections of the client by a function of yours; TLS comes on top of them.
// Default TCP to the addresses of the host, or to its proxy.
func WithDialContext(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	stated := &dialOption{dial}
	return clientOption(func(o *clientOptions) { o.dialContext = state(stated) })
}

// WithRoundTripper sends requests by an HTTP client of yours instead of the SDK's. It must not follow redirects or
// repeat requests, and has to end when the context of a request does. Options of connections say nothing to it.
// Default the SDK's own.
func WithRoundTripper(roundTripper http.RoundTripper) Option {
	return clientOption(func(o *clientOptions) { o.roundTripper = state(roundTripper) })
}
