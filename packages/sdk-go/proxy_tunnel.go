package ameide

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

const (
	mostProxyHeadBytes = 16 * 1024
	mostInterimHeads   = 10
)

// connectBy connects to a proxy, and asks it for a way to the host.
func (d *dial) connectBy(proxy string, config *tls.Config) (net.Conn, error) {
	address, err := url.Parse(proxy)
	if err != nil {
		return nil, err
	}
	secure, at := targetOf(proxy)
	conn, err := d.connectTo(at, "the proxy ")
	if err == nil && secure {
		d.waits("the TLS handshake with the proxy %s", at)
		// A client certificate is not for it.
		conn, err = d.secured(conn, &tls.Config{ServerName: at.host, RootCAs: config.RootCAs, MinVersion: config.MinVersion})
	}
	if err != nil {
		text := fmt.Sprintf("no connection to the proxy %s: %s", at, thrownText(err))
		return nil, &connectionError{kind: policy.NetworkNotSent, text: text, cause: hiddenCause(err)}
	}
	d.waits("the answer of the proxy %s", at)
	stop := context.AfterFunc(d.ctx, func() { _ = conn.Close() })
	defer stop()
	if err := openTunnel(conn, at, address.User, d.dialer.to); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// openTunnel asks a proxy for a way to a host (CONNECT, RFC 9110, section 9.3.6), for plain http, too: what is sent over
// it is between client and server.
func openTunnel(conn net.Conn, proxy target, user *url.Userinfo, to target) error {
	head := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nhost: %s\r\n", to, to)
	if user != nil {
		password, _ := user.Password()
		credential := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		head += "proxy-authorization: Basic " + credential + "\r\n"
	}
	if _, err := conn.Write([]byte(head + "\r\n")); err != nil {
		return proxyError(policy.NetworkNotSent, proxy, "closed the connection")
	}
	for interim := 0; ; interim++ {
		answer, err := readHead(conn)
		if err != nil {
			return proxyError(policy.NetworkNotSent, proxy, "closed the connection")
		}
		// An answer before the answer, which may come before any (RFC 9110, section 15.2).
		if isInterimHead.MatchString(answer) && !strings.HasPrefix(answer[9:], "101") && interim < mostInterimHeads {
			continue
		}
		return problemOf(answer, proxy)
	}
}

// What the server says behind the head is not the proxy's: no byte is read too much.
func readHead(conn net.Conn) (string, error) {
	var head []byte
	one := make([]byte, 1)
	for len(head) < mostProxyHeadBytes {
		if _, err := conn.Read(one); err != nil {
			return "", err
		}
		head = append(head, one[0])
		if bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			break
		}
	}
	return string(head), nil
}

var (
	isInterimHead = regexp.MustCompile(`^HTTP/1\.[01] 1\d\d[ \r]`)
	proxyStatus   = regexp.MustCompile(`^HTTP/1\.[01] (\d{3})[ \r]`)
)

// What the proxy says beside the number is not told: it may repeat what it was sent.
func problemOf(head string, proxy target) error {
	found := proxyStatus.FindStringSubmatch(head)
	if found == nil {
		return proxyError(policy.NetworkNotSent, proxy, "did not answer in HTTP")
	}
	switch status := found[1]; {
	case status[0] == '2':
		return nil
	case status == "407":
		return proxyError(policy.NetworkHandshake, proxy, "answered 407: it wants a user and password, or others")
	case status == "403":
		// Neither passes by itself.
		return proxyError(policy.NetworkHandshake, proxy, "answered 403")
	default:
		return proxyError(policy.NetworkNotSent, proxy, "answered "+status)
	}
}

func proxyError(kind policy.NetworkKind, proxy target, what string) error {
	return &connectionError{kind: kind, text: fmt.Sprintf("the proxy %s %s", proxy, what)}
}
