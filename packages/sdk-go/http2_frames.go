package ameide

import (
	"crypto/rand"
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
)

// h2Frames follows the frames of a connection of HTTP/2 (RFC 9113, section 4.1), as far as net/http does not tell of
// them, and puts PINGs between those that it writes.
type h2Frames struct {
	conn *countedConn
	// Told of frames that came, once net/http has looked at them; of answers to PINGs at once.
	onSettings func(maxStreams int)
	onGoAway   func(code uint32, debug string)
	onPong     func()

	incoming frameScan
	untold   []func()
	isSet    bool

	writing    sync.Mutex
	outgoing   frameScan
	prefaced   int
	wantsPing  atomic.Bool
	pingOpaque [8]byte
}

const (
	frameSettings = 4
	framePing     = 6
	frameGoAway   = 7
	flagAck       = 1

	settingMaxStreams = 3
	frameHeadBytes    = 9
	// RFC 9113, section 3.4.
	prefaceBytes = 24
	// Of a frame's payload no more is looked at.
	mostPayloadBytes = 1024
)

func newH2Frames(conn *countedConn) *h2Frames {
	f := &h2Frames{conn: conn}
	f.incoming.keeps = func(kind byte) bool { return kind == frameSettings || kind == frameGoAway || kind == framePing }
	_, _ = rand.Read(f.pingOpaque[:])
	return f
}

// came is told of bytes that were read.
func (f *h2Frames) came(p []byte) {
	f.incoming.scan(p, func(kind, flags byte, payload []byte) {
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			most := maxStreamsIn(payload)
			isFirst := !f.isSet
			f.isSet = true
			// Where nothing is said of it there is no bound at first, and no change later.
			if isFirst || most >= 0 {
				f.untold = append(f.untold, func() { f.onSettings(bound(most)) })
			}
		case kind == frameGoAway && len(payload) >= 8:
			code, debug := binary.BigEndian.Uint32(payload[4:]), string(payload[8:])
			f.untold = append(f.untold, func() { f.onGoAway(code, debug) })
		case kind == framePing && flags&flagAck != 0 && string(payload) == string(f.pingOpaque[:]):
			f.onPong()
		}
	})
}

// tell tells of frames that net/http has looked at.
func (f *h2Frames) tell() {
	untold := f.untold
	f.untold = nil
	for _, each := range untold {
		each()
	}
}

func maxStreamsIn(settings []byte) int {
	most := -1
	for ; len(settings) >= 6; settings = settings[6:] {
		if binary.BigEndian.Uint16(settings) == settingMaxStreams {
			most = int(min(binary.BigEndian.Uint32(settings[2:]), math.MaxInt32))
		}
	}
	return most
}

func bound(most int) int {
	if most < 0 {
		return math.MaxInt32
	}
	return most
}

// write writes what net/http does.
func (f *h2Frames) write(p []byte) (int, error) {
	f.writing.Lock()
	n, err := f.conn.writeOn(p)
	rest := p[:n]
	if skip := min(prefaceBytes-f.prefaced, len(rest)); skip > 0 {
		f.prefaced += skip
		rest = rest[skip:]
	}
	f.outgoing.scan(rest, nil)
	f.unlock()
	return n, err
}

// ping sends a PING as soon as a frame has ended. It does not wait.
func (f *h2Frames) ping() {
	f.wantsPing.Store(true)
	go func() {
		if f.writing.TryLock() {
			f.unlock()
		}
	}()
}

// unlock lets others write, after the PING that is due. Who wants one while another writes leaves it to them.
func (f *h2Frames) unlock() {
	for {
		if f.outgoing.isBetween() && f.prefaced == prefaceBytes && f.wantsPing.CompareAndSwap(true, false) {
			head := []byte{0, 0, 8, framePing, 0, 0, 0, 0, 0}
			_, _ = f.conn.writeOn(append(head, f.pingOpaque[:]...))
		}
		isLeft := !f.outgoing.isBetween()
		f.writing.Unlock()
		if isLeft || !f.wantsPing.Load() || !f.writing.TryLock() {
			return
		}
	}
}

// A frameScan finds the frames in bytes that come in pieces.
type frameScan struct {
	// keeps says of which frames the payload is looked at; nil for none.
	keeps   func(kind byte) bool
	head    [frameHeadBytes]byte
	got     int
	left    int
	payload []byte
}

// isBetween says whether a frame has ended and no other has begun.
func (s *frameScan) isBetween() bool { return s.got == 0 }

func (s *frameScan) scan(p []byte, found func(kind, flags byte, payload []byte)) {
	for len(p) > 0 {
		if s.got < frameHeadBytes {
			n := copy(s.head[s.got:], p)
			s.got += n
			p = p[n:]
			if s.got < frameHeadBytes {
				return
			}
			s.left = int(s.head[0])<<16 | int(s.head[1])<<8 | int(s.head[2])
		}
		n := min(s.left, len(p))
		if s.keeps != nil && s.keeps(s.head[3]) {
			s.payload = append(s.payload, p[:min(n, mostPayloadBytes-len(s.payload))]...)
		}
		s.left -= n
		p = p[n:]
		if s.left > 0 {
			return
		}
		if found != nil && s.keeps(s.head[3]) {
			found(s.head[3], s.head[4], s.payload)
		}
		s.got, s.payload = 0, s.payload[:0]
	}
}
