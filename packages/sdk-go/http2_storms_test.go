package ameide

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
)

const enhanceYourCalm = "\x00\x00\x00\x0b"

// A connection that says many times that there are too many PINGs says it once, and none follow without a pause.
func TestHTTP2IntervalOfPingsIsBounded(t *testing.T) {
	var pings atomic.Int32
	url, _ := serveH2(t, 100, func(p *h2Peer, number int, frame h2Frame) bool {
		switch {
		case frame.kind == framePing && frame.flags&flagAck == 0:
			pings.Add(1)
		case isEndOfRequest(frame) && number == 1:
			p.answer(frame.stream, "")
			for range 100 {
				p.write(frameGoAway, 0, 0, []byte("\x00\x00\x00\x01"+enhanceYourCalm+"too_many_pings")...)
			}
		}
		return false
	})
	transport := newTestTransport(t, url, WithHTTPVersion(HTTP2), WithKeepAlive(KeepAliveInterval(time.Second)), WithoutRetry())
	if err := callWith(t, transport); err != nil && err.Origin == OriginTransport {
		t.Fatal(err)
	}
	// As long as half an interval: one asks whether the connection is dead, and a slow machine may see to few more. What
	// the first GOAWAY has not reached yet is answered on the old connection.
	hung := mustDerive(t, transport, WithTimeout(500*time.Millisecond))
	var hang *Error
	for range 3 {
		if hang = callWith(t, hung); hang != nil && hang.Code == connect.CodeDeadlineExceeded {
			break
		}
	}
	if hang == nil || hang.Code != connect.CodeDeadlineExceeded {
		t.Fatal(hang)
	}
	if sent := pings.Load(); sent > 10 {
		t.Errorf("%d PINGs were sent", sent)
	}
}

// What is sent back to a server that sends very many frames is at most one for each, and calls are sent once.
func TestHTTP2StormsOfFrames(t *testing.T) {
	const frames, calls = 2_000, 20
	for _, each := range []struct {
		name  string
		write func(p *h2Peer, i int)
	}{
		{"SETTINGS", func(p *h2Peer, i int) {
			most := []uint32{0, 1, 100}[i%3]
			p.write(frameSettings, 0, 0, append([]byte{0, settingMaxStreams}, binary.BigEndian.AppendUint32(nil, most)...)...)
		}},
		{"PING", func(p *h2Peer, i int) { p.write(framePing, 0, 0, binary.BigEndian.AppendUint64(nil, uint64(i))...) }},
		{"answers to PINGs", func(p *h2Peer, i int) {
			p.write(framePing, flagAck, 0, binary.BigEndian.AppendUint64(nil, uint64(i))...)
		}},
		{"GOAWAY", func(p *h2Peer, _ int) { p.write(frameGoAway, 0, 0, []byte("\x7f\xff\xff\xff\x00\x00\x00\x00")...) }},
	} {
		t.Run(each.name, func(t *testing.T) {
			var requests, replies, pings atomic.Int32
			url, conns := serveH2(t, 100, func(p *h2Peer, _ int, frame h2Frame) bool {
				switch {
				case frame.kind == framePing && frame.flags&flagAck == 0:
					pings.Add(1)
				case frame.kind == framePing || frame.kind == frameSettings && frame.flags&flagAck != 0:
					replies.Add(1)
				case isEndOfRequest(frame):
					if requests.Add(1) == 1 {
						for i := range frames {
							each.write(p, i)
						}
					}
					p.answer(frame.stream, "done")
				}
				return false
			})
			c := newConnections(testSettings(url, HTTP2), func(string, ...any) {})
			defer c.close()
			var wait sync.WaitGroup
			for range calls {
				wait.Go(func() {
					if _, body, err := post(t, c, url, "x"); err != nil || body != "done" {
						t.Error(body, err)
					}
				})
			}
			wait.Wait()
			if made, sent := conns.Load(), requests.Load(); made > 10 || sent != calls {
				t.Errorf("%d connections, %d requests", made, sent)
			}
			// One answers the SETTINGS that each connection begins with.
			if back := replies.Load(); back > frames+conns.Load() || pings.Load() != 0 {
				t.Errorf("%d replies, %d PINGs", back, pings.Load())
			}
		})
	}
}
