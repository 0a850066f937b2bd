package main

import (
	"context"
	"time"

	suite "github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1"
)

// A cancellation cancels a call when a case says so.
type cancellation struct {
	stated *suite.ClientCompatRequest_Cancel
	cancel context.CancelFunc
}

// beforeClose is called when all messages were handed over, and the request is still open.
func (c *cancellation) beforeClose() {
	if _, is := c.stated.GetCancelTiming().(*suite.ClientCompatRequest_Cancel_BeforeCloseSend); is {
		c.cancel()
	}
}

// requestClosed is called when the request is closed, or about to be.
func (c *cancellation) requestClosed() {
	if c.stated == nil {
		return
	}
	switch timing := c.stated.GetCancelTiming().(type) {
	case *suite.ClientCompatRequest_Cancel_AfterCloseSendMs:
		time.AfterFunc(milliseconds(timing.AfterCloseSendMs), c.cancel)
	// A cancel without a time is one right after the request.
	case nil:
		time.AfterFunc(0, c.cancel)
	}
}

// responded is called when so many responses were read.
func (c *cancellation) responded(count int) {
	timing, is := c.stated.GetCancelTiming().(*suite.ClientCompatRequest_Cancel_AfterNumResponses)
	if is && int(timing.AfterNumResponses) == count {
		c.cancel()
	}
}

func milliseconds(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }
