package main

import (
	"encoding/binary"
	"io"
)

// readFrame reads one frame: a length of 4 bytes, big-endian, then as many bytes of text.
// It returns io.EOF where the input ends between two frames.
func readFrame(input io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(input, length[:]); err != nil {
		return nil, err
	}
	text := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(input, text); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return text, nil
}

// toFrame makes a frame of a text.
func toFrame(text []byte) []byte {
	frame := make([]byte, 4, 4+len(text))
	binary.BigEndian.PutUint32(frame, uint32(len(text)))
	return append(frame, text...)
}
