package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"connectrpc.com/connect"

	meterv1 "github.com/ameideio/ameide-core-proto-go/ameide/meter/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/meter/v1/meterv1connect"
	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/client"
)

type services struct {
	threadsv1connect.UnimplementedThreadsServiceHandler
	meterv1connect.UnimplementedMeterServiceHandler
}

func (services) GetThread(ctx context.Context, _ *threadsv1.GetThreadRequest) (*threadsv1.GetThreadResponse, error) {
	info, _ := connect.CallInfoForHandlerContext(ctx)
	title := "Hello " + info.RequestHeader().Get("x-tenant-id")
	return &threadsv1.GetThreadResponse{Thread: &threadsv1.Thread{Title: title}}, nil
}

func (services) RecordUsage(context.Context, *meterv1.RecordUsageRequest) (*meterv1.RecordUsageResponse, error) {
	return &meterv1.RecordUsageResponse{}, nil
}

func serve() (baseURL string, stop func()) {
	mux := http.NewServeMux()
	mux.Handle(threadsv1connect.NewThreadsServiceHandler(services{}))
	mux.Handle(meterv1connect.NewMeterServiceHandler(services{}))
	server := httptest.NewServer(mux)
	return server.URL, server.Close
}

func Example() {
	baseURL, stop := serve()
	defer stop()

	c, err := client.New(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	response, err := c.Threads.GetThread(context.Background(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.GetThread().GetTitle())
	// Output: Hello acme
}

func TestRoster(t *testing.T) {
	baseURL, stop := serve()
	defer stop()
	c, err := client.New(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		t.Fatal(err)
	}
	roster := reflect.ValueOf(c.Roster).Elem()
	for i := range roster.NumField() {
		if roster.Field(i).IsNil() {
			t.Errorf("%s is nil", roster.Type().Field(i).Name)
		}
	}
	if _, err := c.Meter.RecordUsage(t.Context(), &meterv1.RecordUsageRequest{}); err != nil {
		t.Error(err)
	}
	derived, err := c.With(ameide.WithTenant("globex"))
	if err != nil {
		t.Fatal(err)
	}
	for each, title := range map[*client.Client]string{c: "Hello acme", derived: "Hello globex"} {
		response, err := each.Threads.GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"})
		if err != nil || response.GetThread().GetTitle() != title {
			t.Errorf("%v, %v", response, err)
		}
	}
	if explanation, err := c.Explain(threadsv1connect.ThreadsServiceGetThreadProcedure); err != nil || explanation.Hash == "" {
		t.Errorf("%v, %v", explanation, err)
	}
	if aborted := derived.Drain(t.Context()); aborted != 0 {
		t.Errorf("%d calls were ended", aborted)
	}
	_, err = c.Threads.GetThread(t.Context(), &threadsv1.GetThreadRequest{})
	var closed *ameide.Error
	if !errors.As(err, &closed) || closed.Reason != ameide.ReasonClientClosed {
		t.Errorf("after the drain of its family: %v", err)
	}
}

func TestWrongOptions(t *testing.T) {
	if c, err := client.New("https://api.test", ameide.WithTimeout(0)); c != nil || ameide.FromError(err).Reason != ameide.ReasonConfigInvalid {
		t.Errorf("%v, %v", c, err)
	}
}
