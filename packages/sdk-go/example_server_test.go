package ameide_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

// exampleThreads serves three threads, and fails every other call of GetThread.
type exampleThreads struct {
	threadsv1connect.UnimplementedThreadsServiceHandler

	calls atomic.Int64
}

func (*exampleThreads) CreateThread(
	ctx context.Context, request *threadsv1.CreateThreadRequest,
) (*threadsv1.CreateThreadResponse, error) {
	info, _ := connect.CallInfoForHandlerContext(ctx)
	title := fmt.Sprintf("%s of %s", request.GetTitle(), info.RequestHeader().Get("x-tenant-id"))
	return &threadsv1.CreateThreadResponse{Thread: &threadsv1.Thread{Id: "t1", Title: title}}, nil
}

func (e *exampleThreads) GetThread(
	_ context.Context, request *threadsv1.GetThreadRequest,
) (*threadsv1.GetThreadResponse, error) {
	if request.GetThreadId() != "t1" {
		return nil, connect.NewError(connect.CodeNotFound, errors.New("there is no such thread"))
	}
	if e.calls.Add(1)%2 == 1 {
		return nil, connect.NewError(connect.CodeUnavailable, errors.New("busy"))
	}
	return &threadsv1.GetThreadResponse{Thread: &threadsv1.Thread{Id: "t1", Title: "Hello"}}, nil
}

func (*exampleThreads) ListThreads(
	_ context.Context, request *threadsv1.ListThreadsRequest,
) (*threadsv1.ListThreadsResponse, error) {
	number, _ := strconv.Atoi(request.GetPageToken())
	page := &threadsv1.ListThreadsResponse{Threads: []*threadsv1.Thread{{Id: fmt.Sprintf("t%d", number+1)}}}
	if number < 2 {
		page.NextPageToken = strconv.Itoa(number + 1)
	}
	return page, nil
}

func (*exampleThreads) WatchThread(
	ctx context.Context, _ *threadsv1.WatchThreadRequest, stream *connect.ServerStream[threadsv1.WatchThreadResponse],
) error {
	for number := int64(1); ctx.Err() == nil; number++ {
		message := &threadsv1.Message{Sequence: number}
		event := &threadsv1.WatchThreadResponse{Event: &threadsv1.WatchThreadResponse_MessageAppended{MessageAppended: message}}
		if err := stream.Send(event); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

func threadsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(threadsv1connect.NewThreadsServiceHandler(&exampleThreads{}))
	return mux
}

// serve begins a server that examples call.
func serve() (baseURL string, stop func()) {
	server := httptest.NewServer(threadsHandler())
	return server.URL, server.Close
}
