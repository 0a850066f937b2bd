package ameide_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"connectrpc.com/connect"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"

	"github.com/ameideio/ameide-sdk-go"
)

func threadsOver(transport *ameide.Transport) threadsv1connect.ThreadsServiceClient {
	return ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient)
}

func Example() {
	baseURL, stop := serve()
	defer stop()

	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	threads := ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient)
	// The server fails the first attempt.
	response, err := threads.GetThread(context.Background(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.GetThread().GetTitle())
	// Output: Hello
}

func ExampleNewTransport() {
	transport, err := ameide.NewTransport("https://api.example.com",
		ameide.WithAuth(ameide.StaticKey("x-api-key", "k1")),
		ameide.WithTenant("acme"),
		ameide.WithTimeout(10*time.Second),
		ameide.WithRetry(ameide.MaxAttempts(4), ameide.MaxServerDelay(5*time.Second)),
		ameide.WithMethod(threadsv1connect.ThreadsServiceListThreadsProcedure, ameide.WithTimeout(time.Minute)),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	_, err = transport.With(ameide.WithTimeout(-time.Second))
	fmt.Println(err)
	// Output: invalid_argument: option timeoutMs: must be a duration greater than 0, got a negative duration (-1s) (WithTimeout)
}

func ExampleWithCall() {
	baseURL, stop := serve()
	defer stop()
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	threads := threadsOver(transport)

	ctx := ameide.WithCall(context.Background(), ameide.WithTenant("globex"), ameide.WithIdempotencyKey("order-4711"))
	response, err := threads.CreateThread(ctx, &threadsv1.CreateThreadRequest{Title: "Hello"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.GetThread().GetTitle())
	// A key stands for one operation.
	_, err = threads.AppendMessages(ctx, &threadsv1.AppendMessagesRequest{ThreadId: "t1"})
	fmt.Println(ameide.FromError(err).Reason)
	// Output:
	// Hello of globex
	// CONFIG_INVALID
}

func ExampleError() {
	baseURL, stop := serve()
	defer stop()
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	threads := threadsOver(transport)

	_, err = threads.GetThread(context.Background(), &threadsv1.GetThreadRequest{ThreadId: "t9"})
	var failed *ameide.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Code, failed.Origin, failed.Retryable, len(failed.Attempts), failed.RequestID != "")
	}
	fmt.Println(err)
	fmt.Println(connect.CodeOf(err) == connect.CodeNotFound, errors.Is(err, context.Canceled))
	// Output:
	// not_found server false 1 true
	// not_found: there is no such thread (not retried: not_found from the server is not a transient failure)
	// true false
}

func ExampleMessages() {
	baseURL, stop := serve()
	defer stop()
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	threads := threadsOver(transport)

	stream, err := threads.WatchThread(context.Background(), &threadsv1.WatchThreadRequest{ThreadId: "t1"})
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range ameide.Messages(stream) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(event.GetMessageAppended().GetSequence())
		if event.GetMessageAppended().GetSequence() == 2 {
			break // ends the call
		}
	}
	// Output:
	// 1
	// 2
}

func ExamplePaginate() {
	baseURL, stop := serve()
	defer stop()
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	threads := threadsOver(transport)

	all := ameide.Paginate(context.Background(), threads.ListThreads, &threadsv1.ListThreadsRequest{PageSize: 100},
		(*threadsv1.ListThreadsResponse).GetThreads)
	for thread, err := range all {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(thread.GetId())
	}
	// Output:
	// t1
	// t2
	// t3
}

func ExampleTransport_With() {
	baseURL, stop := serve()
	defer stop()
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()

	// Connections and retry budget are shared.
	globex, err := transport.With(ameide.WithTenant("globex"))
	if err != nil {
		log.Fatal(err)
	}
	for _, each := range []*ameide.Transport{transport, globex} {
		response, err := threadsOver(each).CreateThread(context.Background(), &threadsv1.CreateThreadRequest{Title: "Hello"})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(response.GetThread().GetTitle())
	}
	// Output:
	// Hello of acme
	// Hello of globex
}

func ExampleTransport_Explain() {
	transport, err := ameide.NewTransport("https://api.example.com",
		ameide.WithMethod(threadsv1connect.ThreadsServiceName, ameide.WithTimeout(5*time.Second)))
	if err != nil {
		log.Fatal(err)
	}
	explanation, err := transport.Explain(threadsv1connect.ThreadsServiceGetThreadProcedure)
	if err != nil {
		log.Fatal(err)
	}
	for _, each := range explanation.Values {
		if each.Name == "timeoutMs" || each.Name == "maxAttempts" || each.Name == "idempotency" {
			fmt.Println(each.Name, each.Value, "from", each.Source)
		}
	}
	fmt.Println(explanation.Verdict)
	// Output:
	// timeoutMs 5000 from code: methods[ameide.threads.v1.ThreadsService]
	// maxAttempts 3 from built-in (behavior 1)
	// idempotency no_side_effects from proto: ameide.threads.v1.ThreadsService/GetThread
	// repeated, up to 3 attempts: NOT_SENT, AMBIGUOUS, THROTTLE, TRANSIENT (unavailable); it is NO_SIDE_EFFECTS (proto: ameide.threads.v1.ThreadsService/GetThread)
}

func ExampleTransport_Drain() {
	baseURL, stop := serve()
	defer stop()
	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	threads := threadsOver(transport)

	// On SIGTERM: takes no more calls, and waits for those that were made.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(transport.Drain(ctx), "calls were ended")
	_, err = threads.ListThreads(context.Background(), &threadsv1.ListThreadsRequest{})
	fmt.Println(ameide.FromError(err).Reason)
	// Output:
	// 0 calls were ended
	// CLIENT_CLOSED
}
