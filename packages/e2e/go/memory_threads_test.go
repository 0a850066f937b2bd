package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"sync"

	"connectrpc.com/connect"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"
)

// memoryThreads is as much of the service as the concerns need, for one tenant and one token.
type memoryThreads struct {
	threadsv1connect.UnimplementedThreadsServiceHandler

	mu      sync.Mutex
	threads map[string]*threadsv1.Thread
	created map[string]string // by idempotency key
}

// handler demands a token and a tenant, and answers with the id of the request.
func (m *memoryThreads) handler(token, tenant string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(threadsv1connect.NewThreadsServiceHandler(m))
	errorWriter := connect.NewErrorWriter()
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("X-Request-Id", request.Header.Get("X-Request-Id"))
		var problem *connect.Error
		switch {
		case request.Header.Get("Authorization") != "Bearer "+token:
			problem = connect.NewError(connect.CodeUnauthenticated, errors.New("the token is not known"))
		case request.Header.Get("X-Tenant-Id") != tenant:
			problem = connect.NewError(connect.CodePermissionDenied, errors.New("the token is for another tenant"))
		default:
			mux.ServeHTTP(response, request)
			return
		}
		_ = errorWriter.Write(response, request, problem)
	})
}

func (m *memoryThreads) CreateThread(
	ctx context.Context, request *threadsv1.CreateThreadRequest,
) (*threadsv1.CreateThreadResponse, error) {
	info, _ := connect.CallInfoForHandlerContext(ctx)
	key := info.RequestHeader().Get("Idempotency-Key")
	m.mu.Lock()
	defer m.mu.Unlock()
	id, repeated := m.created[key]
	if !repeated || key == "" {
		id = rand.Text()
		m.threads[id] = &threadsv1.Thread{Id: id, Title: request.GetTitle()}
		m.created[key] = id
	}
	return &threadsv1.CreateThreadResponse{Thread: m.threads[id]}, nil
}

func (m *memoryThreads) GetThread(
	_ context.Context, request *threadsv1.GetThreadRequest,
) (*threadsv1.GetThreadResponse, error) {
	thread, err := m.find(request.GetThreadId())
	return &threadsv1.GetThreadResponse{Thread: thread}, err
}

func (m *memoryThreads) ListThreads(
	context.Context, *threadsv1.ListThreadsRequest,
) (*threadsv1.ListThreadsResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := &threadsv1.ListThreadsResponse{}
	for _, thread := range m.threads {
		all.Threads = append(all.Threads, thread)
	}
	return all, nil
}

func (m *memoryThreads) DeleteThread(
	_ context.Context, request *threadsv1.DeleteThreadRequest,
) (*threadsv1.DeleteThreadResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.threads, request.GetThreadId())
	return &threadsv1.DeleteThreadResponse{}, nil
}

func (m *memoryThreads) WatchThread(
	ctx context.Context, request *threadsv1.WatchThreadRequest, _ *connect.ServerStream[threadsv1.WatchThreadResponse],
) error {
	if _, err := m.find(request.GetThreadId()); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func (m *memoryThreads) find(id string) (*threadsv1.Thread, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	thread, found := m.threads[id]
	if !found {
		return nil, connect.NewError(connect.CodeNotFound, errors.New("there is no such thread"))
	}
	return thread, nil
}
