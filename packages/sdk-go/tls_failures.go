package ameide

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

const kindOther = policy.NetworkOther

// What TLS says of two sides that do not fit, in the words of crypto/tls, and what to do. None of them passes by itself.
var tlsWords = map[string]string{
	"tls: certificate required": "the server asks for a client certificate (WithTLS)",
	"tls: handshake failure": "the server takes no TLS that is offered: it may ask for a client certificate (WithTLS), " +
		"or for other ciphers",
	"tls: unknown certificate authority":                           "the server does not know the authority of the client certificate (WithTLS)",
	"tls: bad certificate":                                         "the server refuses the client certificate (WithTLS)",
	"tls: unsupported certificate":                                 "the server refuses the client certificate (WithTLS)",
	"tls: revoked certificate":                                     "the client certificate (WithTLS) is revoked",
	"tls: expired certificate":                                     "the client certificate (WithTLS) has expired",
	"tls: unknown certificate":                                     "the server refuses the client certificate (WithTLS)",
	"tls: access denied":                                           "the server refuses the client certificate (WithTLS)",
	"tls: error decrypting message":                                "the server refuses the client certificate (WithTLS)",
	"tls: protocol version not supported":                          "client and server have no TLS version in common",
	"tls: no supported versions satisfy MinVersion and MaxVersion": "client and server have no TLS version in common",
	"tls: insufficient security level":                             "client and server have no TLS cipher in common",
	"tls: unrecognized name":                                       "the server does not know the host's name",
}

const (
	trustHint = "the authority of the certificate is not known; state it by WithTLS"
	// A server that hangs up in a handshake.
	noTLSHint = "the server may not speak TLS on this port; is it http?"
	// A server that hangs up without a word, after a handshake and without one.
	noCertificateHint = "the server closed the connection right after the TLS handshake; " +
		"does it want a client certificate (WithTLS)?"
	noPlainHTTPHint = "the server may speak TLS (use https) or only HTTP/2 (WithHTTPVersion(HTTP2))"
)

// A server answers HTTP/1.1 with the SETTINGS of HTTP/2.
var errOnlyHTTP2 = versionNotSpoken("HTTP/1.1; take WithHTTPVersion(HTTP2)")

// versionNotSpoken: the server speaks no HTTP version that was offered.
func versionNotSpoken(advice string) error {
	return &connectionError{kind: policy.NetworkHandshake, text: "the server does not speak " + advice}
}

// inWords puts what an error of TLS means before what crypto/tls says.
func inWords(err error, advice string) error {
	var remote *net.OpError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	said := err.Error()
	if errors.As(err, &remote) {
		said = remote.Err.Error()
	}
	switch {
	case said == "tls: no application protocol":
		return versionNotSpoken(advice)
	case tlsWords[said] != "":
		return &connectionError{kind: networkKindOf(errors.New(said)), text: tlsWords[said], cause: err}
	case strings.HasPrefix(said, "tls: server selected unsupported protocol version"):
		return &connectionError{policy.NetworkHandshake, tlsWords["tls: protocol version not supported"], err}
	case errors.As(err, &record):
		return &connectionError{kind: policy.NetworkHandshake, text: "the server does not speak TLS on this port; is it http?"}
	case errors.As(err, &authority):
		return &connectionError{policy.NetworkCertificate, trustHint, err}
	default:
		return err
	}
}

// isHangUp says whether the other side ended a connection, and said nothing.
func isHangUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// withHint puts what may be the reason behind what an error says.
func withHint(err error, hint string) error {
	text := thrownText(err)
	if errors.Is(err, io.EOF) {
		text = "the connection was closed"
	}
	if strings.Contains(text, hint) {
		return err
	}
	return &connectionError{kind: kindOther, text: text + " (" + hint + ")", cause: hiddenCause(err)}
}

// The text has it all; errors.Is finds the number of the error all the same, and never the end of a stream.
func hiddenCause(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return nil
}
