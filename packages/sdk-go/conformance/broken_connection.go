package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// brokenConnection is a connection that gives no answer.
type brokenConnection struct {
	// What net/http returns.
	err func() error
	// No byte of the request's body was asked for.
	unread bool
}

// What net/http's HTTP/2 client says of a stream that is refused after its body was sent. Its error
// types are its own.
const (
	refusedStream = "stream error: stream ID 1; REFUSED_STREAM; received from peer"
	cannotRetry   = "http2: Transport: cannot retry err [%s] after Request.Body was written; " +
		"define Request.GetBody to avoid this error"
	goAway = "http2: Transport received Server's graceful shutdown GOAWAY"
)

// brokenBy says how the connection of a request breaks, if it does.
func brokenBy(script *pb.Script, answer *pb.Answer) *brokenConnection {
	if refused, is := certificates[script.GetCertificate()]; is {
		return &refused
	}
	if broken, is := breaks[answer.GetBreak()]; is {
		return &broken
	}
	return nil
}

var breaks = map[pb.Break]brokenConnection{
	pb.Break_BREAK_REFUSED: {
		unread: true,
		err:    func() error { return dialFailed(nil, syscall.ECONNREFUSED) },
	},
	pb.Break_BREAK_UNREACHABLE: {
		unread: true,
		err:    func() error { return dialFailed(nil, syscall.EHOSTUNREACH) },
	},
	pb.Break_BREAK_BOTH_REFUSED: {
		unread: true,
		err: func() error {
			return errors.Join(
				dialFailed(&net.TCPAddr{IP: net.IPv6loopback, Port: 4999}, syscall.ECONNREFUSED),
				dialFailed(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4999}, syscall.ECONNREFUSED),
			)
		},
	},
	pb.Break_BREAK_HANDSHAKE:         {unread: true, err: readReset},
	pb.Break_BREAK_RESET_BEFORE_READ: {err: readReset},
	pb.Break_BREAK_RESET_AFTER_READ:  {err: readReset},
	pb.Break_BREAK_CLOSED_AFTER_READ: {err: func() error { return io.EOF }},
	pb.Break_BREAK_UNREACHABLE_AFTER_READ: {
		err: func() error { return readFailed(syscall.EHOSTUNREACH) },
	},
	pb.Break_BREAK_REFUSED_STREAM: {
		err: func() error { return fmt.Errorf(cannotRetry, refusedStream) },
	},
	pb.Break_BREAK_GOAWAY: {
		err: func() error { return fmt.Errorf(cannotRetry, goAway) },
	},
	pb.Break_BREAK_GOAWAY_INCLUDED: {
		err: func() error {
			return errors.New("http2: server sent GOAWAY and closed the connection; " +
				`LastStreamID=1, ErrCode=NO_ERROR, debug=""`)
		},
	},
	pb.Break_BREAK_NO_HTTP: {
		err: func() error {
			return errors.New("net/http: HTTP/1.x transport connection broken: " +
				`malformed HTTP response "nonsense"`)
		},
	},
}

var certificates = map[pb.Certificate]brokenConnection{
	pb.Certificate_CERTIFICATE_WRONG_HOST: refusedCertificate(func() error {
		other := &x509.Certificate{DNSNames: []string{"other.test"}}
		return x509.HostnameError{Certificate: other, Host: "memory.test"}
	}),
	pb.Certificate_CERTIFICATE_EXPIRED: refusedCertificate(func() error {
		return x509.CertificateInvalidError{
			Cert:   &x509.Certificate{},
			Reason: x509.Expired,
			Detail: fmt.Sprintf("current time %s is after", time.Now().Format(time.RFC3339)),
		}
	}),
	pb.Certificate_CERTIFICATE_UNKNOWN_AUTHORITY: refusedCertificate(func() error {
		return x509.UnknownAuthorityError{Cert: &x509.Certificate{}}
	}),
}

func refusedCertificate(why func() error) brokenConnection {
	return brokenConnection{
		unread: true,
		err:    func() error { return &tls.CertificateVerificationError{Err: why()} },
	}
}

func dialFailed(to net.Addr, number syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: to, Err: os.NewSyscallError("connect", number)}
}

func readReset() error { return readFailed(syscall.ECONNRESET) }

func readFailed(number syscall.Errno) error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", number)}
}

// memoryConn stands for the connection of a request that has none.
type memoryConn struct{ net.Conn }

// memoryAddr is no address of a network.
type memoryAddr struct{}

func (memoryConn) LocalAddr() net.Addr  { return memoryAddr{} }
func (memoryConn) RemoteAddr() net.Addr { return memoryAddr{} }
func (memoryAddr) Network() string      { return "memory" }
func (memoryAddr) String() string       { return "memory" }
