package ameide_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	ameide "github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

const sayProcedure = "/acme.v1.Echo/Say"

type (
	text     = wrapperspb.StringValue
	sayFunc  = func(context.Context, *connect.Request[text]) (*connect.Response[text], error)
	sayCalls = connect.Client[text, text]
)

// sayer is a client of one unary method that states no idempotency level.
func sayer(t *testing.T, say sayFunc, options ...ameide.Option) (*sayCalls, *ameide.Transport) {
	t.Helper()
	transport, err := ameidetest.NewTransport(connect.NewUnaryHandler(sayProcedure, say), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.Close)
	return connect.NewClient[text, text](
		transport.HTTPClient(), transport.BaseURL()+sayProcedure, transport.Options()...), transport
}

func answers(value string) sayFunc {
	return func(context.Context, *connect.Request[text]) (*connect.Response[text], error) {
		return connect.NewResponse(wrapperspb.String(value)), nil
	}
}

func stalls(ctx context.Context, _ *connect.Request[text]) (*connect.Response[text], error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// pushesBack fails as often as that, and asks to be called again.
func pushesBack(times int64) sayFunc {
	var calls atomic.Int64
	return func(context.Context, *connect.Request[text]) (*connect.Response[text], error) {
		if calls.Add(1) > times {
			return connect.NewResponse(wrapperspb.String("done")), nil
		}
		err := connect.NewError(connect.CodeUnavailable, errors.New("busy"))
		err.Meta().Set("grpc-retry-pushback-ms", "100")
		return nil, err
	}
}

func TestContextOfTheCallerIsTold(t *testing.T) {
	canceled := func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(time.Second, cancel)
		return ctx, cancel
	}
	expires := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, time.Second)
	}
	byOption := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return ameide.WithCall(ctx, ameide.WithTimeout(time.Second)), func() {}
	}
	tests := map[string]struct {
		context               func(context.Context) (context.Context, context.CancelFunc)
		code                  connect.Code
		isCanceled, isExpired bool
		message               string
	}{
		"canceled":        {canceled, connect.CodeCanceled, true, false, "the call was canceled"},
		"its deadline":    {expires, connect.CodeDeadlineExceeded, false, true, "the deadline of 1000 ms expired (the context of the call)"},
		"the SDK's limit": {byOption, connect.CodeDeadlineExceeded, false, false, "the deadline of 1000 ms expired (code: call)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, _ := sayer(t, stalls)
				ctx, cancel := test.context(t.Context())
				defer cancel()
				began := time.Now()
				_, err := client.CallUnary(ctx, connect.NewRequest(wrapperspb.String("")))
				if took := time.Since(began); took != time.Second {
					t.Errorf("it took %v", took)
				}
				if connect.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.message) {
					t.Errorf("the error is %v", err)
				}
				if errors.Is(err, context.Canceled) != test.isCanceled {
					t.Errorf("that the caller canceled is told as %v", !test.isCanceled)
				}
				if errors.Is(err, context.DeadlineExceeded) != test.isExpired {
					t.Errorf("that the deadline of the context passed is told as %v", !test.isExpired)
				}
			})
		})
	}
}

// A server's own canceled is not the caller's.
func TestCodesOfServersAreNoEndOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := sayer(t, func(context.Context, *connect.Request[text]) (*connect.Response[text], error) {
			return nil, connect.NewError(connect.CodeCanceled, context.Canceled)
		})
		_, err := client.CallUnary(t.Context(), connect.NewRequest(wrapperspb.String("")))
		if connect.CodeOf(err) != connect.CodeCanceled || errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, and the caller canceled: %v", err, errors.Is(err, context.Canceled))
		}
	})
}

// The same Request may be used for another call: what the SDK adds is not left in it.
func TestRequestIsLeftAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := sayer(t, pushesBack(1), ameide.WithTenant("acme"), ameide.WithAuth(ameide.BearerToken("t1")))
		request := connect.NewRequest(wrapperspb.String(""))
		request.Header().Set("X-Own", "kept")
		for range 2 {
			if _, err := client.CallUnary(t.Context(), request); err != nil {
				t.Fatal(err)
			}
		}
		if request.Header().Get("X-Own") != "kept" {
			t.Error("the caller's own header is gone")
		}
		for _, name := range []string{"X-Tenant-Id", "Authorization", "X-Request-Id", "Grpc-Previous-Rpc-Attempts"} {
			if request.Header().Get(name) != "" {
				t.Errorf("%s is left", name)
			}
		}
	})
}

func TestHeadersOfConnectAreNotTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := sayer(t, answers("done"))
		for _, name := range []string{"User-Agent", "Te", "X-Request-Id", "Authorization", "Connection"} {
			request := connect.NewRequest(wrapperspb.String(""))
			request.Header().Set(name, "a")
			var failed *ameide.Error
			if _, err := client.CallUnary(t.Context(), request); !errors.As(err, &failed) ||
				failed.Reason != ameide.ReasonConfigInvalid || !strings.Contains(err.Error(), strings.ToLower(name)) {
				t.Errorf("%s is answered by %v", name, err)
			}
		}
	})
}

// An interceptor that is given beside the Options runs for each attempt, on headers that know nothing of the one before.
func TestInterceptorBesideTheOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, err := ameidetest.NewTransport(connect.NewUnaryHandler(sayProcedure, pushesBack(2)))
		if err != nil {
			t.Fatal(err)
		}
		defer transport.Close()
		var seen []string
		interceptor := connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
			return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
				info, ok := ameide.AttemptInfoFrom(ctx)
				if !ok || info.Attempt != len(seen)+1 {
					t.Errorf("the attempt is %v, %v", info, ok)
				}
				if left := 30*time.Second - time.Duration(len(seen))*100*time.Millisecond; info.Remaining != left {
					t.Errorf("%v are left of %v", info.Remaining, left)
				}
				request.Header().Add("X-Seen", "once")
				seen = append(seen, strings.Join(request.Header().Values("X-Seen"), ","))
				return next(ctx, request)
			}
		})
		options := append(transport.Options(), connect.WithInterceptors(interceptor))
		client := connect.NewClient[text, text](transport.HTTPClient(), transport.BaseURL()+sayProcedure, options...)
		if _, err := client.CallUnary(t.Context(), connect.NewRequest(wrapperspb.String(""))); err != nil {
			t.Fatal(err)
		}
		if strings.Join(seen, " ") != "once once once" {
			t.Errorf("the attempts saw %q", seen)
		}
	})
}

func TestClientOfAnotherAddressIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, transport := sayer(t, answers("done"))
		client := connect.NewClient[text, text](
			transport.HTTPClient(), "https://elsewhere.test"+sayProcedure, transport.Options()...)
		_, err := client.CallUnary(t.Context(), connect.NewRequest(wrapperspb.String("")))
		if connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("the error is %v", err)
		}
	})
}

// Without the Options nothing would watch over a call.
func TestHTTPClientWithoutOptionsIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, transport := sayer(t, answers("done"))
		client := connect.NewClient[text, text](transport.HTTPClient(), transport.BaseURL()+sayProcedure)
		_, err := client.CallUnary(t.Context(), connect.NewRequest(wrapperspb.String("")))
		if err == nil || !strings.Contains(err.Error(), "needs its Options") {
			t.Errorf("the error is %v", err)
		}
	})
}

// What panics is the program's own; the call it was in is not waited for.
func TestPanicLeavesNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, transport := sayer(t, answers("done"), ameide.WithObserver(func(ameide.Event) { panic("of the observer") }))
		func() {
			defer func() {
				if recover() == nil {
					t.Error("there was no panic")
				}
			}()
			_, _ = client.CallUnary(t.Context(), connect.NewRequest(wrapperspb.String("")))
		}()
		if aborted := transport.Drain(t.Context()); aborted != 0 {
			t.Errorf("%d calls were aborted", aborted)
		}
	})
}

// A limit ends the attempt under way, and another follows, in the words that every SDK has.
func TestAttemptTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		client, _ := sayer(t, func(ctx context.Context, request *connect.Request[text]) (*connect.Response[text], error) {
			if calls.Add(1) == 1 {
				return stalls(ctx, request)
			}
			return answers("done")(ctx, request)
		}, ameide.WithAttemptTimeout(400*time.Millisecond), ameidetest.WithRandom(ameidetest.Random{
			Backoff: ameidetest.Sequence(0.5),
		}))
		began := time.Now()
		ctx := ameide.WithCall(t.Context(), ameide.WithIdempotencyKey("k1"))
		response, err := client.CallUnary(ctx, connect.NewRequest(wrapperspb.String("")))
		if err != nil || response.Msg.GetValue() != "done" {
			t.Fatal(response, err)
		}
		if took := time.Since(began); took != 425*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

// A message that the caller changes while the call waits is sent as it was.
func TestBodyIsThatOfTheFirstAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		message := wrapperspb.String("first")
		client, _ := sayer(t, func(_ context.Context, request *connect.Request[text]) (*connect.Response[text], error) {
			got = append(got, request.Msg.GetValue())
			if len(got) == 1 {
				message.Value = "second"
				err := connect.NewError(connect.CodeUnavailable, nil)
				err.Meta().Set("grpc-retry-pushback-ms", "1")
				return nil, err
			}
			return connect.NewResponse(wrapperspb.String("")), nil
		})
		if _, err := client.CallUnary(t.Context(), connect.NewRequest(message)); err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, " ") != "first first" {
			t.Errorf("the server got %q", got)
		}
	})
}
