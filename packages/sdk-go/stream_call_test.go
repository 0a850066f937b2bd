package ameide_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	ameide "github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

const (
	listProcedure  = "/acme.v1.Echo/List"
	sumProcedure   = "/acme.v1.Echo/Sum"
	tradeProcedure = "/acme.v1.Echo/Trade"
)

type (
	listFunc  = func(context.Context, *connect.Request[text], *connect.ServerStream[text]) error
	tradeFunc = func(context.Context, *connect.BidiStream[text, text]) error
)

func lister(t *testing.T, list listFunc, options ...ameide.Option) *sayCalls {
	t.Helper()
	transport, err := ameidetest.NewTransport(connect.NewServerStreamHandler(listProcedure, list), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return connect.NewClient[text, text](
		transport.HTTPClient(), transport.BaseURL()+listProcedure, transport.Options()...)
}

func trader(t *testing.T, trade tradeFunc, options ...ameide.Option) (*sayCalls, *ameide.Transport) {
	t.Helper()
	options = append([]ameide.Option{ameide.WithHTTPVersion(ameide.HTTP2)}, options...)
	transport, err := ameidetest.NewTransport(connect.NewBidiStreamHandler(tradeProcedure, trade), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return connect.NewClient[text, text](
		transport.HTTPClient(), transport.BaseURL()+tradeProcedure, transport.Options()...), transport
}

// counts sends as many numbers, some time apart, once it has failed as often as that.
func counts(failures int64, most int, apart time.Duration) listFunc {
	var calls atomic.Int64
	return func(_ context.Context, _ *connect.Request[text], stream *connect.ServerStream[text]) error {
		call := calls.Add(1)
		stream.ResponseHeader().Set("X-Call", fmt.Sprint(call))
		if call <= failures {
			err := connect.NewError(connect.CodeUnavailable, errors.New("busy"))
			err.Meta().Set("grpc-retry-pushback-ms", "100")
			return err
		}
		for number := range most {
			time.Sleep(apart)
			if err := stream.Send(wrapperspb.String(fmt.Sprint(number))); err != nil {
				return err
			}
		}
		return nil
	}
}

func received(stream *connect.ServerStreamForClient[text]) string {
	var all []string
	for stream.Receive() {
		all = append(all, stream.Msg().GetValue())
	}
	return strings.Join(all, " ")
}

// The headers are there before the first message is asked for, and are those of the attempt that gave it.
func TestResponseHeaderBeforeReceive(t *testing.T) {
	for _, protocol := range []ameide.Protocol{ameide.ProtocolConnect, ameide.ProtocolGRPC, ameide.ProtocolGRPCWeb} {
		synctest.Test(t, func(t *testing.T) {
			client := lister(t, counts(2, 3, time.Second), ameide.WithProtocol(protocol))
			began := time.Now()
			stream, err := client.CallServerStream(t.Context(), connect.NewRequest(wrapperspb.String("")))
			if err != nil {
				t.Fatal(err)
			}
			if call := stream.ResponseHeader().Get("X-Call"); call != "3" {
				t.Errorf("the headers are those of attempt %q", call)
			}
			if took := time.Since(began); took != 1200*time.Millisecond {
				t.Errorf("they came after %v", took)
			}
			if all := received(stream); all != "0 1 2" || stream.Err() != nil {
				t.Error(all, stream.Err())
			}
			if err := stream.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Closed by another goroutine, a stream ends well, and at once for who waits for a message and for the server.
func TestCloseEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := make(chan struct{})
		var codes []connect.Code
		client := lister(t, func(ctx context.Context, _ *connect.Request[text], stream *connect.ServerStream[text]) error {
			defer close(left)
			if err := stream.Send(wrapperspb.String("one")); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}, ameide.WithObserver(func(event ameide.Event) {
			if done, ok := event.(ameide.Done); ok {
				codes = append(codes, done.Code)
			}
		}))
		began := time.Now()
		stream, err := client.CallServerStream(t.Context(), connect.NewRequest(wrapperspb.String("")))
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { _ = stream.Close() })
		if all := received(stream); all != "one" || stream.Err() != nil {
			t.Error(all, stream.Err())
		}
		<-left
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
		synctest.Wait()
		if len(codes) != 1 || codes[0] != 0 {
			t.Errorf("it was done with %v", codes)
		}
	})
}

// Closed before it is sent again, while it waits or as that is told, a stream has ended at once, and is not sent again.
func TestCloseBeforeARetry(t *testing.T) {
	type serverStream = connect.ServerStreamForClient[text]
	for _, after := range []time.Duration{0, 50 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			opened, done := make(chan *serverStream), make(chan ameide.Done, 1)
			starts := 0
			client := lister(t, counts(1, 1, 0), ameide.WithObserver(func(event ameide.Event) {
				switch event := event.(type) {
				case ameide.AttemptStarted:
					starts++
				case ameide.AttemptFailed:
					stream := <-opened
					if after == 0 {
						_ = stream.Close()
					} else {
						time.AfterFunc(after, func() { _ = stream.Close() })
					}
				case ameide.Done:
					done <- event
				}
			}))
			stream, err := client.CallServerStream(t.Context(), connect.NewRequest(wrapperspb.String("")))
			if err != nil {
				t.Fatal(err)
			}
			opened <- stream
			end := <-done
			if end.Code != 0 || end.Attempts != 1 || end.Duration != after {
				t.Errorf("it was done with %v after %d attempts and %v", end.Code, end.Attempts, end.Duration)
			}
			if stream.Receive() || stream.Err() != nil {
				t.Error(stream.Msg(), stream.Err())
			}
			synctest.Wait()
			if starts != 1 {
				t.Errorf("%d attempts started", starts)
			}
		})
	}
}

// A stream that nobody reads ends with its context, and its bubble has no goroutine left.
func TestContextEndsStreamThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan ameide.Done, 1)
		client := lister(t, func(ctx context.Context, _ *connect.Request[text], stream *connect.ServerStream[text]) error {
			if err := stream.Send(wrapperspb.String("one")); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}, ameide.WithObserver(func(event ameide.Event) {
			if end, ok := event.(ameide.Done); ok {
				done <- end
			}
		}))
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := client.CallServerStream(ctx, connect.NewRequest(wrapperspb.String("")))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		cancel()
		if end := <-done; end.Code != connect.CodeCanceled || end.Duration != time.Minute {
			t.Errorf("it was done with %v after %v", end.Code, end.Duration)
		}
		// What had come before can still be had.
		if all := received(stream); all != "one" || !errors.Is(stream.Err(), context.Canceled) {
			t.Errorf("the error after %q is %v", all, stream.Err())
		}
	})
}

// The idle timeout is for who waits: a slow reader is not cut off.
func TestIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := lister(t, func(ctx context.Context, _ *connect.Request[text], stream *connect.ServerStream[text]) error {
			for _, value := range []string{"one", "two"} {
				if err := stream.Send(wrapperspb.String(value)); err != nil {
					return err
				}
			}
			<-ctx.Done()
			return ctx.Err()
		}, ameide.WithIdleTimeout(time.Second))
		stream, err := client.CallServerStream(t.Context(), connect.NewRequest(wrapperspb.String("")))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			time.Sleep(time.Minute)
			if !stream.Receive() {
				t.Fatal(stream.Err())
			}
		}
		began := time.Now()
		if stream.Receive() || connect.CodeOf(stream.Err()) != connect.CodeDeadlineExceeded {
			t.Errorf("the error is %v", stream.Err())
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
		if errors.Is(stream.Err(), context.DeadlineExceeded) {
			t.Error("a limit of the SDK is told as the caller's")
		}
	})
}

// Both sides go on at the same time, and the good end is io.EOF.
func TestBidiStreamGoesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := trader(t, func(_ context.Context, stream *connect.BidiStream[text, text]) error {
			for {
				message, err := stream.Receive()
				if errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
				if err := stream.Send(wrapperspb.String(message.GetValue() + "!")); err != nil {
					return err
				}
			}
		})
		stream := client.CallBidiStream(t.Context())
		var sending sync.WaitGroup
		sending.Go(func() {
			for number := range 100 {
				if err := stream.Send(wrapperspb.String(fmt.Sprint(number))); err != nil {
					t.Error(err)
				}
			}
			if err := stream.CloseRequest(); err != nil {
				t.Error(err)
			}
		})
		for number := range 100 {
			message, err := stream.Receive()
			if err != nil || message.GetValue() != fmt.Sprintf("%d!", number) {
				t.Fatal(message, err)
			}
		}
		if _, err := stream.Receive(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
		sending.Wait()
		if err := stream.CloseResponse(); err != nil {
			t.Error(err)
		}
	})
}

// What ends a stream ends the Send that waits, by io.EOF; Receive has the error.
func TestSendToStreamThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := trader(t, func(context.Context, *connect.BidiStream[text, text]) error {
			return connect.NewError(connect.CodePermissionDenied, errors.New("not you"))
		})
		stream := client.CallBidiStream(t.Context())
		var err error
		for err == nil {
			err = stream.Send(wrapperspb.String("more"))
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("Send gave %v", err)
		}
		var failed *ameide.Error
		if _, err = stream.Receive(); !errors.As(err, &failed) || failed.Code != connect.CodePermissionDenied {
			t.Errorf("Receive gave %v", err)
		}
		_ = stream.CloseResponse()
	})
}

// A client that is closed ends the streams that are open.
func TestCloseOfTransportEndsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, transport := trader(t, func(ctx context.Context, _ *connect.BidiStream[text, text]) error {
			<-ctx.Done()
			return ctx.Err()
		})
		stream := client.CallBidiStream(t.Context())
		if err := stream.Send(nil); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, transport.Close)
		_, err := stream.Receive()
		var failed *ameide.Error
		if !errors.As(err, &failed) || failed.Reason != ameide.ReasonClientClosed {
			t.Fatalf("the error is %v", err)
		}
		if want := "the client was closed: attempt 1 had waited "; !strings.HasPrefix(failed.Message, want) {
			t.Errorf("it says %q", failed.Message)
		}
		if err := client.CallBidiStream(t.Context()).Send(nil); !errors.As(err, &failed) {
			t.Errorf("a later call gave %v", err)
		}
	})
}

// refusedFirst has no connection for the first request.
type refusedFirst struct {
	http.RoundTripper
	requests atomic.Int64
}

func (r *refusedFirst) RoundTrip(request *http.Request) (*http.Response, error) {
	if r.requests.Add(1) == 1 {
		_ = request.Body.Close()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	return r.RoundTripper.RoundTrip(request)
}

// What was not sent is sent again at once, while the caller has nothing to send yet.
func TestStreamIsRepeatedWhileItsCallerIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sum := func(_ context.Context, stream *connect.ClientStream[text]) (*connect.Response[text], error) {
			var all []string
			for stream.Receive() {
				all = append(all, stream.Msg().GetValue())
			}
			return connect.NewResponse(wrapperspb.String(strings.Join(all, " "))), stream.Err()
		}
		sender := &refusedFirst{RoundTripper: ameidetest.NewRoundTripper(connect.NewClientStreamHandler(sumProcedure, sum))}
		transport, err := ameide.NewTransport(ameidetest.BaseURL, ameide.WithRoundTripper(sender))
		if err != nil {
			t.Fatal(err)
		}
		defer transport.Close()
		client := connect.NewClient[text, text](
			transport.HTTPClient(), transport.BaseURL()+sumProcedure, transport.Options()...)
		stream := client.CallClientStream(t.Context())
		if err := stream.Send(nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if made := sender.requests.Load(); made != 2 {
			t.Errorf("%d requests were made", made)
		}
		for _, value := range []string{"a", "b"} {
			if err := stream.Send(wrapperspb.String(value)); err != nil {
				t.Error(err)
			}
		}
		response, err := stream.CloseAndReceive()
		if err != nil || response.Msg.GetValue() != "a b" {
			t.Error(response, err)
		}
	})
}
