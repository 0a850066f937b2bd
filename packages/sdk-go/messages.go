package ameide

import (
	"iter"

	"connectrpc.com/connect"
)

// Messages goes through the messages of a server stream, and closes it when the loop is left, at whatever point:
//
//	stream, err := threads.WatchThread(ctx, request)
//	if err != nil {
//		return err
//	}
//	for event, err := range ameide.Messages(stream) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// The error is the last element, if there is one. WatchThread returns when the answer has begun, as it does over any
// client of Connect's: where the server sends no headers before its first message, when that has come.
func Messages[T any](stream *connect.ServerStreamForClient[T]) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		// What was left has ended well, and what failed has told so.
		defer func() { _ = stream.Close() }()
		for stream.Receive() {
			if !yield(stream.Msg(), nil) {
				return
			}
		}
		if err := stream.Err(); err != nil {
			yield(nil, err)
		}
	}
}
