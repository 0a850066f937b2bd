package ameide

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

func TestKindsOfNetworkErrors(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv6loopback, Port: 4999}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	alert := func(text string) error { return &net.OpError{Op: "remote error", Err: errors.New(text)} }
	for _, each := range []struct {
		err  error
		kind policy.NetworkKind
		text string
	}{
		{refused, policy.NetworkNotSent, "connect ECONNREFUSED ::1:4999"},
		{fmt.Errorf("wrapped: %w", refused), policy.NetworkNotSent, "wrapped: dial tcp [::1]:4999: connect: connection refused: connect ECONNREFUSED ::1:4999"},
		{errors.Join(refused, refused), policy.NetworkNotSent, "connect ECONNREFUSED ::1:4999"},
		{&net.DNSError{Err: "no such host", Name: "nowhere.test", IsNotFound: true}, policy.NetworkNotSent, "getaddrinfo ENOTFOUND nowhere.test"},
		{reset, policy.NetworkOther, "read ECONNRESET"},
		// A number names no moment.
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.EHOSTUNREACH)}, policy.NetworkOther, "read EHOSTUNREACH"},
		{io.ErrUnexpectedEOF, policy.NetworkOther, "unexpected EOF"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, policy.NetworkCertificate, ""},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}, policy.NetworkCertificate, ""},
		{alert("tls: certificate required"), policy.NetworkOurCertificate, ""},
		{alert("tls: no application protocol"), policy.NetworkHandshake, ""},
		{alert("tls: internal error"), policy.NetworkOther, ""},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, policy.NetworkHandshake, ""},
		{errors.New("net/http: server response headers exceeded 1024 bytes; aborted"), policy.NetworkOverLimit, ""},
		{errors.New("http2: Transport received Server's graceful shutdown GOAWAY"), policy.NetworkUnprocessed, ""},
		{errors.New("http2: Transport: cannot retry err [stream error: stream ID 1; REFUSED_STREAM; received from peer] after"), policy.NetworkUnprocessed, ""},
		{errors.New("http2: Transport: cannot retry err [stream error: stream ID 1; PROTOCOL_ERROR; received from peer] after"), policy.NetworkOther, ""},
		{errors.New("http2: server sent GOAWAY and closed the connection; LastStreamID=1"), policy.NetworkOfSession, ""},
		{errors.New("something else"), policy.NetworkOther, "something else"},
	} {
		var told []policy.NetworkKind
		for _, seen := range networkErrors(each.err) {
			if seen.Kind != policy.NetworkSilent {
				told = append(told, seen.Kind)
			}
		}
		for _, kind := range told {
			if kind != each.kind {
				t.Errorf("%v: kinds %v", each.err, told)
			}
		}
		if len(told) == 0 {
			t.Errorf("%v says nothing", each.err)
		}
		if text := thrownText(each.err); each.text != "" && text != each.text {
			t.Errorf("%v is told as %q", each.err, text)
		}
	}
	if code, found := h2ErrorCode(errors.New("stream error: stream ID 3; ENHANCE_YOUR_CALM; received from peer")); !found || code != 11 {
		t.Error(code, found)
	}
	// A reset of our own.
	if _, found := h2ErrorCode(errors.New("stream error: stream ID 3; CANCEL")); found {
		t.Error("is none of the peer")
	}
}

func TestNetworkMessageSaysWhere(t *testing.T) {
	err := errors.New("read ECONNRESET")
	if got := networkMessage(err, "h:1"); got != "read ECONNRESET (at h:1)" {
		t.Error(got)
	}
	if got := networkMessage(errors.New("connect ECONNREFUSED h:1"), "h:1"); got != "connect ECONNREFUSED h:1" {
		t.Error(got)
	}
	head := answerHead{status: 302}
	if got := strangersMessage("302 Found", head, "https://h/a.B/C?connect=v1&message=secret"); got != "HTTP 302 from https://h/a.B/C, a redirect, which is not followed; is baseURL right?" {
		t.Error(got)
	}
}
