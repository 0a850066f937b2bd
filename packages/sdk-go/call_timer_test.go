package ameide_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

// A lateClient holds a request back while its body is read.
type lateClient struct {
	connect.HTTPClient
	begun, goOn, done chan struct{}
	once              sync.Once
}

type lateBody struct {
	io.ReadCloser
	client *lateClient
}

func (b *lateBody) Read(p []byte) (int, error) {
	b.client.once.Do(func() { close(b.client.begun) })
	<-b.client.goOn
	return b.ReadCloser.Read(p)
}

func (c *lateClient) Do(request *http.Request) (*http.Response, error) {
	defer close(c.done)
	late := request.Clone(request.Context())
	late.Body = &lateBody{request.Body, c}
	return c.HTTPClient.Do(late)
}

// A request that is late, when its call has ended, sets no limit any more.
func TestLateRequestSetsNoTimer(t *testing.T) {
	timers := new(ameidetest.Timers)
	begun := make(chan struct{})
	impatient := connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
			go func() { _, _ = next(ctx, request) }()
			<-begun
			return nil, errors.New("it takes too long")
		}
	})
	transport, err := ameidetest.NewTransport(threadsHandler(), ameide.WithTenant("acme"), ameidetest.WithTimers(timers),
		ameide.WithInterceptors(impatient))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	late := &lateClient{HTTPClient: transport.HTTPClient(), begun: begun, goOn: make(chan struct{}), done: make(chan struct{})}
	threads := threadsv1connect.NewThreadsServiceClient(late, transport.BaseURL(), transport.Options()...)
	_, err = threads.GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
	if ameide.FromError(err).Message != "it takes too long" {
		t.Errorf("%v", err)
	}
	close(late.goOn)
	<-late.done
	if left := timers.Left(); left != 0 {
		t.Errorf("%d timers are left", left)
	}
}
