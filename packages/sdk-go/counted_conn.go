package ameide

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A countedConn is a connection whose bytes are counted, above its TLS. Package net/http sees it as one without TLS.
//
// What net/http says was written mostly waits in a buffer of its own; what has passed here is on its way.
type countedConn struct {
	net.Conn
	madeAt time.Time

	written, read atomic.Int64
	// When something came last, in nanoseconds since it was made.
	heard atomic.Int64
	// frames is nil over HTTP/1.1.
	frames *h2Frames

	mu sync.Mutex
	// Why it cannot be read, or written to.
	failure error
}

func newCountedConn(conn net.Conn) *countedConn {
	return &countedConn{Conn: conn, madeAt: time.Now()}
}

// ConnectionState is that of TLS, which net/http tells of an answer; empty without TLS.
func (c *countedConn) ConnectionState() tls.ConnectionState {
	if secured, ok := c.Conn.(*tls.Conn); ok {
		return secured.ConnectionState()
	}
	return tls.ConnectionState{}
}

func (c *countedConn) Read(p []byte) (int, error) {
	if c.frames != nil {
		// What came before has been looked at by now.
		c.frames.tell()
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		if c.read.Add(int64(n)) == int64(n) && c.frames == nil && isSettings(p[:n]) {
			// It may wait for ever for the preface of HTTP/2.
			n, err = 0, errOnlyHTTP2
		}
		c.heard.Store(int64(time.Since(c.madeAt)))
		if c.frames != nil {
			c.frames.came(p[:n])
		}
	}
	c.note(err)
	return n, err
}

// isSettings says whether bytes begin with a frame of a few settings, on stream 0 (RFC 9113, section 6.5).
func isSettings(bytes []byte) bool {
	return len(bytes) >= 9 && bytes[0] == 0 && bytes[1] == 0 && string(bytes[3:9]) == "\x04\x00\x00\x00\x00\x00"
}

func (c *countedConn) Write(p []byte) (int, error) {
	if c.frames != nil {
		return c.frames.write(p)
	}
	return c.writeOn(p)
}

// The answer may be there before a write returns: bytes count as soon as they may be on their way.
func (c *countedConn) writeOn(p []byte) (int, error) {
	c.written.Add(int64(len(p)))
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n - len(p)))
	c.note(err)
	return n, err
}

// Of a write that fails because the other side has closed, what it said before it did tells more.
func (c *countedConn) note(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = err
	}
}

// failed is what reading or writing failed with first; nil as long as it has not.
func (c *countedConn) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// brokenBy is why it cannot be read or written to any more, in words; nil as far as is known.
//
// advice is what to do where the server speaks nothing of what was offered.
func (c *countedConn) brokenBy(advice string) error {
	switch failure := c.failed(); failure {
	case nil:
		return nil
	case io.EOF:
		return &connectionError{kind: kindOther, text: "the server closed the connection"}
	default:
		return inWords(failure, advice)
	}
}

// silence is the time for which nothing has come.
func (c *countedConn) silence() time.Duration {
	return time.Since(c.madeAt) - time.Duration(c.heard.Load())
}
