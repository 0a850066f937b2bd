package main

import (
	"bytes"
	"compress/gzip"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// pack compresses an answer: its body, or what its envelopes hold.
func pack(response *httpResponse, packing pb.Packing, format format) {
	if packing == pb.Packing_PACKING_UNSPECIFIED {
		return
	}
	if packing != pb.Packing_PACKING_UNTOLD_GZIP {
		response.header.Set(encodingHeader(format), "gzip")
	}
	compress := gzipped
	if packing == pb.Packing_PACKING_BROKEN_GZIP {
		compress = func(bytes []byte) []byte { return bytes }
	}
	for i, each := range response.body {
		switch {
		case len(each.bytes) == 0:
		case format.enveloped:
			packed := envelope(each.bytes[0]|compressedFlag, compress(each.bytes[5:]))
			response.body[i].bytes = packed
		default:
			response.body[i].bytes = compress(each.bytes)
		}
	}
}

func encodingHeader(format format) string {
	switch {
	case format.protocol != connectProtocol:
		return "Grpc-Encoding"
	case format.enveloped:
		return "Connect-Content-Encoding"
	}
	return "Content-Encoding"
}

func gzipped(plain []byte) []byte {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(plain); err != nil {
		panic(err)
	}
	if err := writer.Close(); err != nil {
		panic(err)
	}
	return packed.Bytes()
}
