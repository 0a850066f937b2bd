package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

// asked is what the adapter answers to a request.
func asked(t *testing.T, request *pb.AdapterRequest) *pb.AdapterResponse {
	t.Helper()
	text, err := protojson.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	response := &pb.AdapterResponse{}
	if err := protojson.Unmarshal(answer(text), response); err != nil {
		t.Fatal(err)
	}
	return response
}

func running(steps []*pb.Step, answers ...*pb.Answer) *pb.AdapterRequest {
	return &pb.AdapterRequest{Id: 7, Action: &pb.AdapterRequest_Run{Run: &pb.RunRequest{
		Given:    &pb.Given{Steps: steps},
		Script:   &pb.Script{Answers: answers},
		Entry:    genericEntry,
		Protocol: connectProtocol,
		Format:   "binary",
	}}}
}

func calling(call *pb.Call) *pb.Step { return &pb.Step{Action: &pb.Step_Call{Call: call}} }

func TestSaysWhatItIs(t *testing.T) {
	response := asked(t, &pb.AdapterRequest{
		Id: 3, Action: &pb.AdapterRequest_Describe{Describe: &pb.DescribeRequest{}},
	})
	numbers := response.GetDescribe().GetConstants()
	if response.GetId() != 3 || numbers["defaults.timeout_ms"] != 30_000 ||
		numbers["presets.mesh.max_attempts"] != 1 || numbers["max_get_url_length"] != 8_000 {
		t.Errorf("got %v", response)
	}
}

func TestRunsACaseInMemory(t *testing.T) {
	late := ok("done")
	late.DelayMs = 3_600_000
	noDeadline := &pb.Settings{NoDeadline: true, RetryOff: true}
	ran := asked(t, running([]*pb.Step{
		calling(&pb.Call{Method: "Unknown", Text: "hello", Settings: noDeadline}),
	}, late)).GetRun()
	outcome := ran.GetOutcomes()[0]
	if outcome.GetOk() != "done" || outcome.GetDurationMs() != 3_600_000 {
		t.Errorf("got %v", outcome)
	}
	if leaks := ran.GetLeaks(); leaks.GetTimers()+leaks.GetListeners()+leaks.GetUnhandled() != 0 {
		t.Errorf("left %v", leaks)
	}
}

func TestFailsACaseThatAsksForNothing(t *testing.T) {
	for _, request := range []*pb.AdapterRequest{
		{Id: 7},
		running([]*pb.Step{{}}),
		running([]*pb.Step{calling(&pb.Call{Method: "Nothing"})}),
	} {
		if response := asked(t, request); response.GetError() == "" || response.GetId() != 7 {
			t.Errorf("%v got %v", request, response)
		}
	}
	if text := string(answer([]byte(`{"id":"9","invented":1}`))); !strings.Contains(text, `"9"`) {
		t.Errorf("got %s", text)
	}
}

func TestServesFramesUntilTheInputEnds(t *testing.T) {
	var output bytes.Buffer
	input := append(toFrame([]byte(`{"id":"1","describe":{}}`)), toFrame([]byte(`{"id":"2"}`))...)
	if err := serve(bytes.NewReader(input), &output); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := readFrame(&output); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := readFrame(&output); err != io.EOF {
		t.Errorf("got %v", err)
	}
	if err := serve(bytes.NewReader(input[:len(input)-1]), io.Discard); err == nil {
		t.Error("half a frame is none")
	}
}

func TestCountsWhoListensToACaller(t *testing.T) {
	on := &surroundings{}
	signal := newSignal(on, time.Time{})
	caller := withSignal(context.Background(), signal)
	_, cancel := context.WithCancel(caller)
	if on.listeners.Load() != 1 {
		t.Errorf("%d listen", on.listeners.Load())
	}
	cancel()
	if on.listeners.Load() != 0 {
		t.Errorf("%d listen", on.listeners.Load())
	}
	child, cancel := context.WithCancel(caller)
	defer cancel()
	signal.end(context.DeadlineExceeded)
	<-child.Done()
	if child.Err() != context.DeadlineExceeded || on.listeners.Load() != 0 {
		t.Errorf("got %v, %d listen", child.Err(), on.listeners.Load())
	}
}
