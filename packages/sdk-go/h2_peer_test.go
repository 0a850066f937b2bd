package ameide

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// An h2Peer is one side of HTTP/2 that says what it is told, frame by frame.
type h2Peer struct {
	net.Conn
	in *bufio.Reader
}

type h2Frame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

func (p *h2Peer) write(kind, flags byte, stream uint32, payload ...byte) {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	head = binary.BigEndian.AppendUint32(head, stream)
	_, _ = p.Conn.Write(append(head, payload...))
}

func (p *h2Peer) read() (h2Frame, error) {
	head := make([]byte, frameHeadBytes)
	if _, err := io.ReadFull(p.in, head); err != nil {
		return h2Frame{}, err
	}
	payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err := io.ReadFull(p.in, payload)
	return h2Frame{head[3], head[4], binary.BigEndian.Uint32(head[5:]) & 0x7fffffff, payload}, err
}

// answer sends a whole answer: a head with :status 200 (RFC 7541, index 8), and a body.
func (p *h2Peer) answer(stream uint32, body string) {
	p.write(1, 4, stream, 0x88)
	p.write(0, 1, stream, []byte(body)...)
}

// serveH2 serves HTTP/2 without TLS. serve is called for each connection, its number from 1, and then for each frame, of
// SETTINGS and PINGs only those that are no acknowledgments. PINGs it does not handle are answered.
func serveH2(t *testing.T, maxStreams uint32, serve func(p *h2Peer, number int, frame h2Frame) bool) (string, *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var count atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			number := int(count.Add(1))
			go func() {
				defer conn.Close()
				p := &h2Peer{conn, bufio.NewReader(conn)}
				if _, err := io.ReadFull(p.in, make([]byte, prefaceBytes)); err != nil {
					return
				}
				p.write(frameSettings, 0, 0, append([]byte{0, 3}, binary.BigEndian.AppendUint32(nil, maxStreams)...)...)
				for {
					frame, err := p.read()
					if err != nil {
						return
					}
					if serve(p, number, frame) {
						continue
					}
					switch {
					case frame.kind == frameSettings && frame.flags&flagAck == 0:
						p.write(frameSettings, flagAck, 0)
					case frame.kind == framePing && frame.flags&flagAck == 0:
						p.write(framePing, flagAck, 0, frame.payload...)
					}
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String(), &count
}

func isEndOfRequest(frame h2Frame) bool { return frame.kind == 0 && frame.flags&1 != 0 }
