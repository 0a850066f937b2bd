package ameide

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// Protocols by their ALPN names (RFC 7301).
const (
	alpnHTTP2 = "h2"
	alpnHTTP1 = "http/1.1"
)

// errUnwanted: nobody waited for the connection any more. It says nothing of the server.
var errUnwanted = errors.New("nobody waited for the connection any more")

// A dialed connection stands, its TLS included.
type dialed struct {
	conn *countedConn
	// protocol is what both sides agreed on; without TLS, what was offered first.
	protocol string
}

// A dialer makes connections to one origin.
type dialer struct {
	settings connectionSettings
	secure   bool
	to       target
	// advice is what to do where the server speaks nothing of what is offered.
	advice string
	// demand is who waits for one. Where nobody does, those that are being made are given up.
	demand   *demand
	backoff  *connectBackoff
	sessions tls.ClientSessionCache

	mu       sync.Mutex
	underWay map[*dial]struct{}
	closed   error
}

// A target is host and port, without the brackets of IPv6.
type target struct {
	host string
	port int
}

func (t target) String() string { return net.JoinHostPort(t.host, strconv.Itoa(t.port)) }

func newDialer(settings connectionSettings) *dialer {
	d := &dialer{
		settings: settings,
		backoff:  newConnectBackoff(),
		sessions: tls.NewLRUClientSessionCache(1),
		underWay: map[*dial]struct{}{},
	}
	d.demand = &demand{onNone: func() { d.endAll(errUnwanted) }}
	d.secure, d.to = targetOf(settings.origin)
	d.advice = adviceOf(settings)
	return d
}

func targetOf(address string) (secure bool, to target) {
	parsed, err := url.Parse(address)
	if err != nil {
		return false, target{}
	}
	secure = parsed.Scheme == "https"
	to = target{host: parsed.Hostname(), port: 80}
	if secure {
		to.port = 443
	}
	if port, err := strconv.Atoi(parsed.Port()); err == nil {
		to.port = port
	}
	return secure, to
}

func adviceOf(settings connectionSettings) string {
	plain := ""
	if strings.HasPrefix(settings.origin, "http:") {
		plain = "; if it speaks TLS, use https"
	}
	switch {
	case settings.grpc:
		return "HTTP/2, which gRPC needs; take protocol connect or grpc-web" + plain
	case settings.version == httpVersionNegotiated:
		return "HTTP"
	default:
		return fmt.Sprintf("HTTP/%s, as WithHTTPVersion asks; leave it out%s", settings.version, plain)
	}
}

// dial makes one connection, when it may. Nothing of a request is sent before it stands.
//
// offered are protocols that the caller speaks, the preferred first.
func (d *dialer) dial(offered ...string) (*dialed, error) {
	return d.backoff.run(func() (*dialed, error) { return d.dialNow(offered) })
}

func (d *dialer) dialNow(offered []string) (*dialed, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	each := &dial{dialer: d, offered: offered, ctx: ctx, end: cancel}
	d.mu.Lock()
	if d.closed != nil {
		d.mu.Unlock()
		cancel(nil)
		return nil, d.closed
	}
	d.underWay[each] = struct{}{}
	d.mu.Unlock()
	d.demand.look()
	made, err := each.run()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.underWay, each)
	if d.closed != nil && err == nil {
		_ = made.conn.Close()
		return nil, d.closed
	}
	return made, err
}

// close ends the dials under way, and refuses later ones.
func (d *dialer) close(reason error) {
	d.mu.Lock()
	d.closed = reason
	d.mu.Unlock()
	d.demand.stop()
	d.endAll(reason)
	d.backoff.close()
}

func (d *dialer) endAll(reason error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for each := range d.underWay {
		each.end(reason)
	}
}

// A dial makes one connection.
type dial struct {
	dialer  *dialer
	offered []string
	ctx     context.Context
	end     context.CancelCauseFunc

	mu       sync.Mutex
	waitsFor string
}

func (d *dial) run() (*dialed, error) {
	limit := d.dialer.settings.connectTimeout
	timer := time.AfterFunc(limit, func() { d.end(d.timedOut()) })
	defer timer.Stop()
	defer d.end(nil)
	made, err := d.connect()
	if err != nil && d.ctx.Err() != nil {
		// Whatever it was doing says no more than that it was ended.
		return nil, context.Cause(d.ctx)
	}
	return made, err
}

func (d *dial) waits(format string, of ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waitsFor = fmt.Sprintf(format, of...)
}

func (d *dial) timedOut() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &connectionError{kind: policy.NetworkNotSent, text: fmt.Sprintf(
		"no connection stood after %d ms (WithConnectTimeout): waited for %s",
		d.dialer.settings.connectTimeout.Milliseconds(), d.waitsFor)}
}

func (d *dial) connect() (*dialed, error) {
	settings, to := &d.dialer.settings, d.dialer.to
	config, err := d.material()
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	if settings.proxy == "" {
		conn, err = d.connectTo(to, "")
	} else {
		conn, err = d.connectBy(settings.proxy, config)
	}
	if err != nil {
		return nil, err
	}
	if !d.dialer.secure {
		return &dialed{newCountedConn(conn), d.offered[0]}, nil
	}
	d.waits("the TLS handshake with %s", to.host)
	config = config.Clone()
	config.NextProtos = d.offered
	if config.ServerName == "" {
		config.ServerName = to.host
	}
	// A certificate that rotates is for connections made later; a session would keep the old one.
	if config.ClientSessionCache == nil && (settings.tls == nil || settings.tls.source == nil) {
		config.ClientSessionCache = d.dialer.sessions
	}
	secured, err := d.secured(conn, config)
	if err != nil {
		return nil, err
	}
	protocol, err := d.agreedOn(secured)
	if err != nil {
		_ = secured.Close()
		return nil, err
	}
	return &dialed{newCountedConn(secured), protocol}, nil
}

func (d *dial) material() (*tls.Config, error) {
	settings := d.dialer.settings
	if !d.dialer.secure && !strings.HasPrefix(settings.proxy, "https:") || settings.tls == nil {
		return &tls.Config{}, nil
	}
	if settings.tls.source == nil {
		return settings.tls.config, nil
	}
	d.waits("the function of WithTLSSource")
	config, err := callback(func() (*tls.Config, error) { return settings.tls.source(d.ctx) })
	if err == nil && config == nil {
		err = errors.New("it gave nothing")
	}
	if err != nil {
		// What it says may quote what it reads: keys, and credentials for where they are kept.
		text := "the function of WithTLSSource failed: " + thrownTextWithoutTokens(err)
		return nil, &connectionError{kind: policy.NetworkNotSent, text: text}
	}
	return config, nil
}

// callback calls a function of the user's. Who waits for it goes on where it ends its goroutine.
func callback[T any](call func() (T, error)) (given T, err error) {
	err = errCallbackLeft
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		given, err = call()
	}()
	<-ended
	return given, err
}

func (d *dial) connectTo(to target, of string) (net.Conn, error) {
	if own := d.dialer.settings.dial; own != nil {
		d.waits("a connection to %s%s", of, to)
		conn, err := callback(func() (net.Conn, error) { return own.dial(d.ctx, "tcp", to.String()) })
		if err == nil && isNil(conn) {
			err = configError("dialContext", "must give a connection or an error")
		}
		return conn, err
	}
	d.waits("the addresses of %s%s", of, to.host)
	addresses, err := addressesOf(d.ctx, to.host)
	if err != nil {
		return nil, err
	}
	d.waits("a TCP connection to %s%s", of, shownAddresses(addresses, to.port))
	return connectFirst(d.ctx, addresses, to.port)
}

func shownAddresses(addresses []netip.Addr, port int) string {
	shown := make([]string, len(addresses))
	for i, address := range addresses {
		shown[i] = netip.AddrPortFrom(address, uint16(port)).String()
	}
	return strings.Join(shown, ", ")
}

// secured holds the handshake. The connection is closed where that fails.
func (d *dial) secured(conn net.Conn, config *tls.Config) (*tls.Conn, error) {
	counted := newCountedConn(conn)
	secured := tls.Client(counted, config)
	err := secured.HandshakeContext(d.ctx)
	if err == nil {
		return secured, nil
	}
	_ = conn.Close()
	if counted.read.Load() == 0 && isHangUp(err) {
		return nil, withHint(err, noTLSHint)
	}
	return nil, inWords(err, d.dialer.advice)
}

func (d *dial) agreedOn(secured *tls.Conn) (string, error) {
	agreed := secured.ConnectionState().NegotiatedProtocol
	if agreed == alpnHTTP2 || agreed == alpnHTTP1 {
		return agreed, nil
	}
	// Who says nothing speaks HTTP/1.1: HTTP/2 over TLS is agreed on (RFC 9113, section 3.2).
	for _, offered := range d.offered {
		if offered == alpnHTTP1 {
			return alpnHTTP1, nil
		}
	}
	return "", versionNotSpoken(d.dialer.advice)
}
