package ameide

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// watchedBody is the body of a good answer, as Connect reads it: what ends it, and what Connect reads otherwise than the
// protocols have it, is seen to before.
type watchedBody recording

func (b *watchedBody) Read(p []byte) (int, error) {
	r := (*recording)(b)
	if len(r.ahead) == 0 && r.aheadErr == nil {
		if !r.shape.enveloped {
			return r.readOn(p)
		}
		if left := r.envelopes.left; left > 0 {
			n, err := r.readOn(p[:min(int64(len(p)), left)])
			r.take(p[:n])
			return n, err
		}
		r.readHead()
	}
	if len(r.ahead) == 0 {
		return 0, r.aheadErr
	}
	n := copy(p, r.ahead)
	r.ahead = r.ahead[n:]
	return n, nil
}

// Close ends the reading: what comes after that is not of the answer.
func (b *watchedBody) Close() error {
	r := (*recording)(b)
	r.mu.Lock()
	if r.aheadErr == nil {
		r.aheadErr = http.ErrBodyReadAfterClose
	}
	r.ahead = nil
	r.mu.Unlock()
	return b.body.Close()
}

// readOn reads of the connection.
func (r *recording) readOn(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if err == nil {
		return n, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.aheadErr != nil:
		// It was closed.
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		r.bodyEnded = true
	case r.ended.Err() == nil && r.failure == nil:
		r.failure = err
	}
	return n, err
}

func (r *recording) take(part []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.envelopes.take(part)
}

// readHead reads the head of the next envelope, and all of the one that ends the body.
func (r *recording) readHead() {
	head := r.space[:envelopeHeadBytes]
	n, err := r.readFull(head)
	r.ahead, r.aheadErr = head[:n], err
	if n < envelopeHeadBytes {
		r.mu.Lock()
		r.envelopes.cut = n > 0
		r.mu.Unlock()
		return
	}
	r.aheadErr = nil
	r.mu.Lock()
	err = r.envelopes.open(head)
	r.mu.Unlock()
	if err == nil && r.envelopes.left > r.shape.readMaxBytes {
		err = connect.NewError(connect.CodeResourceExhausted,
			fmt.Errorf("message size %d is larger than configured max %d", r.envelopes.left, r.shape.readMaxBytes))
	}
	if err == nil && r.envelopes.isEnd {
		err = r.readEnd()
	}
	if err != nil {
		r.ahead, r.aheadErr = nil, err
	}
}

func (r *recording) readFull(into []byte) (int, error) {
	read := 0
	for read < len(into) {
		n, err := r.readOn(into[read:])
		read += n
		if err != nil {
			return read, err
		}
	}
	return read, nil
}

// readEnd reads what ends the body. Connect gets of it what it can read.
func (r *recording) readEnd() error {
	end := make([]byte, r.envelopes.left)
	n, err := r.readFull(end)
	r.take(end[:n])
	if n < len(end) {
		r.ahead = append(r.ahead, end[:n]...)
		r.aheadErr = err
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.envelopes.end = end
	if r.shape.protocol == policy.GRPCWeb {
		return r.mendTrailers(end)
	}
	r.ahead = append(r.ahead, end...)
	return r.checkMetadata()
}

var errNoHeaders = connect.NewError(connect.CodeInternal, errors.New("the trailers are no headers"))

// A line of trailers without a colon is passed over.
func (r *recording) mendTrailers(end []byte) error {
	unpacked, ok := r.endOfStream()
	if !ok {
		r.ahead = append(r.ahead, end...)
		return nil
	}
	var lines bytes.Buffer
	for line := range bytes.Lines(unpacked) {
		line = bytes.TrimRight(line, "\r\n")
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			continue
		}
		name, value = bytes.TrimSpace(name), bytes.TrimSpace(value)
		if !isHeaderName(string(name)) || !isHeaderValue(string(value)) {
			r.trailersBroken = true
			continue
		}
		fmt.Fprintf(&lines, "%s: %s\r\n", name, value)
	}
	if r.trailersBroken && r.readWireError() == nil {
		return errNoHeaders
	}
	r.ahead = envelope(trailersEnvelope, lines.Bytes())
	return nil
}

// Metadata of a good end has to be headers.
func (r *recording) checkMetadata() error {
	end, _ := r.endOfStream()
	object, _ := parseJSON(end).(jsonObject)
	metadata, _ := object["metadata"].(jsonObject)
	if r.readWireError() != nil {
		return nil
	}
	for name, each := range metadata {
		values, _ := each.([]any)
		for _, value := range values {
			text, _ := value.(string)
			if !isHeaderName(name) || !isHeaderValue(text) {
				return errNoHeaders
			}
		}
	}
	return nil
}

// hasMessage waits for the first envelope of an answer, and says whether it is a message that Connect will take.
func (r *recording) hasMessage() bool {
	if !r.isAnswer() {
		return false
	}
	if len(r.ahead) == 0 && r.aheadErr == nil {
		r.readHead()
	}
	if len(r.ahead) < envelopeHeadBytes || r.envelopes.isEnd {
		return false
	}
	message := make([]byte, r.envelopes.left)
	n, err := r.readFull(message)
	r.take(message[:n])
	r.ahead = append(r.ahead, message[:n]...)
	r.aheadErr = err
	if n == len(message) {
		// What was read with its last byte is told again.
		r.aheadErr = nil
	}
	return n == len(message)
}
