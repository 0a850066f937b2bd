package ameide_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"connectrpc.com/connect"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"

	"github.com/ameideio/ameide-sdk-go"
)

func ExampleProvider() {
	baseURL, stop := serve()
	defer stop()

	// Asked once for all calls that wait, and again shortly before the token expires or when a server refuses it.
	auth := ameide.Provider(func(ctx context.Context, request ameide.TokenRequest) (ameide.Token, error) {
		fmt.Println("a token for", request.Tenant, request.Scopes)
		return ameide.Token{Token: "t1", ExpiresAt: time.Now().Add(time.Hour)}, nil
	})
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"),
		ameide.WithAuth(auth))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	for range 2 {
		if _, err := threadsOver(transport).ListThreads(context.Background(), &threadsv1.ListThreadsRequest{}); err != nil {
			log.Fatal(err)
		}
	}
	// Output: a token for acme [threads.read]
}

func ExampleWithObserver() {
	baseURL, stop := serve()
	defer stop()

	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"),
		ameide.WithObserver(func(event ameide.Event) {
			switch event := event.(type) {
			case ameide.AttemptFailed:
				fmt.Println("attempt", event.Attempt, "failed:", event.Code, event.Class)
			case ameide.Waiting:
				fmt.Println("another follows:", event.Kind)
			case ameide.Done:
				fmt.Println("done after", event.Attempts, "attempts")
			}
		}))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	// The server fails the first attempt.
	if _, err := threadsOver(transport).GetThread(context.Background(), &threadsv1.GetThreadRequest{ThreadId: "t1"}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// attempt 1 failed: unavailable TRANSIENT
	// another follows: retry
	// done after 2 attempts
}

func ExampleWithInterceptors() {
	baseURL, stop := serve()
	defer stop()

	// It runs for every attempt.
	number := connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
			if attempt, ok := ameide.AttemptInfoFrom(ctx); ok {
				fmt.Println("attempt", attempt.Attempt, attempt.Remaining <= 30*time.Second)
			}
			return next(ctx, request)
		}
	})
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"),
		ameide.WithInterceptors(number))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	if _, err := threadsOver(transport).GetThread(context.Background(), &threadsv1.GetThreadRequest{ThreadId: "t1"}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// attempt 1 true
	// attempt 2 true
}

func ExampleWithDeadlineFrom() {
	baseURL, stop := serve()
	defer stop()
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()

	// ctx is that of a handler: calls end 5 ms before the request that it serves, and keep their defaults.
	handle := func(ctx context.Context) error {
		ctx = ameide.WithCall(ctx, ameide.WithDeadlineFrom(ctx))
		_, err := threadsOver(transport).ListThreads(ctx, &threadsv1.ListThreadsRequest{})
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fmt.Println(handle(ctx))
	// Output: <nil>
}
