package main

import (
	"encoding/binary"
	"errors"
	"io"
)

// readFrame reads a length of 4 bytes, big-endian, then as many bytes. The error is io.EOF where the input has ended.
func readFrame(input io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(input, length[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(input, frame); err != nil {
		return nil, errors.New("the input ended inside a frame")
	}
	return frame, nil
}

func writeFrame(output io.Writer, bytes []byte) error {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(bytes)))
	_, err := output.Write(append(frame, bytes...))
	return err
}
