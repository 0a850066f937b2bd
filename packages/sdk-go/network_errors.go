package ameide

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A connectionError is what this package's own connections say of a failure, beyond the error that is behind it.
type connectionError struct {
	kind policy.NetworkKind
	text string
	// cause is nil where the text says it all.
	cause error
}

func (e *connectionError) Error() string { return e.text }
func (e *connectionError) Unwrap() error { return e.cause }

// networkErrors are the errors along the chain of causes. What stands behind one that says it all is silent.
func networkErrors(err error) []policy.NetworkError {
	var found []policy.NetworkError
	var silent []error
	for _, each := range causesOf(err) {
		kind := policy.NetworkSilent
		if !slices.ContainsFunc(silent, func(known error) bool { return same(known, each) }) {
			kind = networkKindOf(each)
		}
		if kind != policy.NetworkSilent {
			silent = append(silent, causesOf(each)...)
		}
		found = append(found, policy.NetworkError{Kind: kind, Text: networkText(each)})
	}
	return found
}

// Calls of the system that come before a connection stands. An error number names no moment: read EHOSTUNREACH may follow
// a request that was read.
var connectingCalls = []string{"bind", "connect", "connectex", "getaddrinfo", "getaddrinfow", "socket"}

func networkKindOf(err error) policy.NetworkKind {
	switch err := err.(type) {
	case *connectionError:
		return err.kind
	case *net.DNSError:
		return policy.NetworkNotSent
	case *net.OpError:
		if err.Op == "dial" || err.Op == "lookup" {
			return policy.NetworkNotSent
		}
	case *os.SyscallError:
		if slices.Contains(connectingCalls, err.Syscall) {
			return policy.NetworkNotSent
		}
		return policy.NetworkOther
	case *tls.CertificateVerificationError, x509.HostnameError, x509.CertificateInvalidError, x509.UnknownAuthorityError:
		return policy.NetworkCertificate
	case tls.RecordHeaderError, *tls.ECHRejectionError:
		return policy.NetworkHandshake
	}
	if isWrapper(err) {
		return policy.NetworkSilent
	}
	return kindOfText(err.Error())
}

func isWrapper(err error) bool {
	switch wrapping := err.(type) {
	case interface{ Unwrap() error }:
		return wrapping.Unwrap() != nil
	case interface{ Unwrap() []error }:
		return len(wrapping.Unwrap()) > 0
	}
	return false
}

// Packages crypto/tls and net/http say most of what they say in words alone.
var kindsOfTexts = []struct {
	kind  policy.NetworkKind
	texts *regexp.Regexp
}{
	// RFC 8446, section 6.2, in the words of crypto/tls: what a server says of a client certificate.
	{policy.NetworkOurCertificate, regexp.MustCompile(`^tls: (bad certificate|unsupported certificate|revoked certificate|` +
		`expired certificate|unknown certificate|certificate required|unknown certificate authority|access denied|` +
		`error decrypting message|handshake failure)$`)},
	{policy.NetworkHandshake, regexp.MustCompile(`^tls: (protocol version not supported|insufficient security level|` +
		`no application protocol|unrecognized name|no supported versions satisfy|server selected unsupported|` +
		`server chose an unconfigured|first record does not look like a TLS handshake)|` +
		`^http: server gave HTTP response to HTTPS client`)},
	// Streams above the last one of a GOAWAY, whatever its code (RFC 9113, section 6.8), and what no stream was opened for.
	{policy.NetworkUnprocessed, regexp.MustCompile(`^http2: (Transport received Server's graceful shutdown GOAWAY|` +
		`Transport received GOAWAY from server ErrCode|client conn not usable|client conn could not be established|` +
		`client conn is closed|no cached connection was available)|` +
		`^http2: Transport: cannot retry err \[(stream error: stream ID \d+; REFUSED_STREAM; received from peer|` +
		`http2: Transport received Server's graceful shutdown GOAWAY|http2: client conn not usable)\]`)},
	{policy.NetworkOfSession, regexp.MustCompile(`^http2: server sent GOAWAY and closed the connection`)},
	{policy.NetworkOverLimit, regexp.MustCompile(`^net/http: server response headers exceeded \d+ bytes|` +
		`^http2: response header list larger than advertised limit`)},
}

func kindOfText(text string) policy.NetworkKind {
	for _, each := range kindsOfTexts {
		if each.texts.MatchString(text) {
			return each.kind
		}
	}
	return policy.NetworkOther
}

// h2StreamError has the form that net/http's own error of a reset stream lets itself be taken over into.
type h2StreamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e h2StreamError) Error() string { return fmt.Sprintf("stream %d: code %d", e.StreamID, e.Code) }

var (
	resetText = regexp.MustCompile(`stream error: stream ID \d+; ([A-Z_0-9]+)(; received from peer)?`)
	// RFC 9113, section 7.
	h2Codes = []string{
		"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
		"FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
		"INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
	}
)

// h2ErrorCode is the HTTP/2 error code that the peer reset the stream with, if it did.
func h2ErrorCode(err error) (code uint32, found bool) {
	var reset h2StreamError
	if errors.As(err, &reset) {
		// A reset of our own has another cause, or none.
		return reset.Code, reset.Cause != nil && strings.Contains(reset.Cause.Error(), "received from peer")
	}
	for _, each := range causesOf(err) {
		if words := resetText.FindStringSubmatch(each.Error()); words != nil && words[2] != "" {
			code := slices.Index(h2Codes, words[1])
			return uint32(max(code, 0)), code >= 0
		}
	}
	return 0, false
}

// networkText is what an error of a connection says, in the words that all SDKs have for it: connect ECONNREFUSED
// 127.0.0.1:9. Empty where it only joins others.
func networkText(err error) string {
	switch err := err.(type) {
	case syscall.Errno:
		if name := errnoNames[err]; name != "" {
			return name
		}
	case *os.SyscallError:
		if number, ok := err.Err.(syscall.Errno); ok && errnoNames[number] != "" {
			return err.Syscall + " " + errnoNames[number]
		}
	case *net.OpError:
		if text := opText(err); text != "" {
			return text
		}
	case *net.DNSError:
		if err.IsNotFound {
			return "getaddrinfo ENOTFOUND " + err.Name
		}
	case interface{ Unwrap() []error }:
		if joins(err.Unwrap(), err.(error).Error()) {
			return ""
		}
	}
	return err.Error()
}

func opText(err *net.OpError) string {
	inner := networkText(err.Err)
	call, ok := err.Err.(*os.SyscallError)
	switch {
	case !ok || inner == call.Error():
		return ""
	case err.Op == "dial" && err.Addr != nil:
		return inner + " " + hostPort(err.Addr)
	default:
		return inner
	}
}

// Both parts of an address without the brackets of IPv6, as all SDKs write it.
func hostPort(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok {
		return fmt.Sprintf("%s:%d", tcp.IP, tcp.Port)
	}
	return address.String()
}

// What errors.Join makes has no words of its own.
func joins(several []error, text string) bool {
	texts := make([]string, len(several))
	for i, each := range several {
		texts[i] = each.Error()
	}
	return text == strings.Join(texts, "\n")
}

var errnoNames = map[syscall.Errno]string{
	syscall.EACCES: "EACCES", syscall.EADDRINUSE: "EADDRINUSE", syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL",
	syscall.ECONNABORTED: "ECONNABORTED", syscall.ECONNREFUSED: "ECONNREFUSED", syscall.ECONNRESET: "ECONNRESET",
	syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.EMFILE: "EMFILE", syscall.ENETDOWN: "ENETDOWN",
	syscall.ENETUNREACH: "ENETUNREACH", syscall.EPIPE: "EPIPE", syscall.ETIMEDOUT: "ETIMEDOUT",
}
