package ameide

import (
	"errors"

	"connectrpc.com/connect"
)

// unstreamable is the error STREAMING_UNSUPPORTED: nothing of the call is sent.
func unstreamable(text string) *Error {
	source := connect.NewError(connect.CodeUnimplemented, errors.New(text))
	return newError(source, errorFacts{origin: OriginClient, reason: ReasonStreamingUnsupported})
}
