package main

import (
	"errors"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// reach is what a callback of the case may do to the calls that are going on.
type reach interface {
	// cancel cancels the calls that callbacks may cancel.
	cancel()
	// close closes the client.
	close()
	// drain drains the client.
	drain()
	// callAgain makes a call of the same client, once.
	callAgain()
}

var errThrown = errors.New("the callback throws, as the case says")

// performDeed does what the case says of a callback; its error is the callback's, where that can fail.
// No callback of Go fails after it has returned.
func performDeed(deed pb.Deed, on reach) error {
	switch deed {
	case pb.Deed_DEED_THROW:
		return errThrown
	case pb.Deed_DEED_CANCEL:
		on.cancel()
	case pb.Deed_DEED_CLOSE:
		on.close()
	case pb.Deed_DEED_CALL:
		on.callAgain()
	case pb.Deed_DEED_DRAIN:
		on.drain()
	}
	return nil
}
