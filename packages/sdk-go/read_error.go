package ameide

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// readWireError is the error that a server put into its answer, wherever the protocol has it; nil for none. A JSON
// error of a gateway is none: its code is a number, or no code of Connect's.
func (r *recording) readWireError() *connect.Error {
	good := r.isGood() && r.isOfProtocol()
	switch {
	case r.shape.protocol == policy.GRPC:
		// Trailers of a body that was not read to its end are not those of the answer.
		if good {
			return r.statusError(r.trailer())
		}
		return nil
	case r.shape.protocol == policy.GRPCWeb:
		if good {
			return r.statusError(r.trailersInBody())
		}
		return nil
	case r.shape.enveloped:
		if !good {
			return nil
		}
		end, _ := r.endOfStream()
		return endStreamWireError(parseJSON(end), r.header())
	default:
		return r.unaryWireError(good)
	}
}

func (r *recording) unaryWireError(good bool) *connect.Error {
	if good || r.errorBody == nil {
		return nil
	}
	body, ok := r.unpack(r.errorBody, r.header().Get("Content-Encoding"))
	value := parseJSON(body)
	if !ok || value == nil {
		r.unread = true
	}
	return connectWireError(value, withoutTrailerPrefix(r.header()))
}

// A status in headers counts where no body is.
func (r *recording) statusError(trailer http.Header) *connect.Error {
	if err := grpcWireError(trailer, r.header()); err != nil || r.envelopes.begun {
		return err
	}
	return grpcWireError(r.header(), nil)
}

func (r *recording) trailersInBody() http.Header {
	end, _ := r.endOfStream()
	return trailersOf(end)
}

// endOfStream is what the envelope says that ends the body; nil where it has not come, or cannot be read.
func (r *recording) endOfStream() ([]byte, bool) {
	if !r.envelopes.endComplete() {
		return nil, false
	}
	encoding := ""
	if r.envelopes.endCompressed {
		encoding = r.streamCoding()
	}
	return r.unpack(r.envelopes.end, encoding)
}

var errOverLimit = errors.New("decompressed, it is over the limit")

func (r *recording) unpack(packed []byte, encoding string) ([]byte, bool) {
	if encoding == "" || encoding == "identity" {
		return packed, true
	}
	if encoding != "gzip" || !r.shape.acceptsGzip {
		return nil, false
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	unpacked, err := io.ReadAll(io.LimitReader(reader, r.shape.readMaxBytes+1))
	if err == nil && int64(len(unpacked)) > r.shape.readMaxBytes {
		err = errOverLimit
	}
	return unpacked, err == nil
}

const trailerPrefix = "Trailer-"

// The headers of a unary answer of Connect, with its trailers by their own names.
func withoutTrailerPrefix(header http.Header) http.Header {
	plain := make(http.Header, len(header))
	for name, values := range header {
		own, _ := strings.CutPrefix(name, trailerPrefix)
		plain[own] = append(plain[own], values...)
	}
	return plain
}
