package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
)

const (
	// Time after which a case on real sockets is given up, before the adapter counts as silent.
	wireLimit = 9 * time.Second
	// Real time after which a case in memory that does nothing waits for what never comes.
	memoryLimit = 2 * time.Second
	// Processor time that says that a case, on a machine that is busy, is still at work.
	atWork = 20 * time.Millisecond
	// How often a case at work is given the time again.
	mostTurns = 4
)

// answer answers a request, both as protobuf JSON.
func answer(text []byte) []byte {
	response := &pb.AdapterResponse{}
	request := &pb.AdapterRequest{}
	err := protojson.Unmarshal(text, request)
	if err == nil {
		response.Id = request.GetId()
		err = perform(request, policyIn(text), response)
	} else {
		var only struct {
			ID int64 `json:"id,string"`
		}
		_ = json.Unmarshal(text, &only)
		response.Id = only.ID
	}
	if err != nil {
		response.Result = &pb.AdapterResponse_Error{Error: err.Error()}
	}
	return mustJSON(response)
}

// policyIn is the policy document of a request as it is written, in the order of its members.
func policyIn(text []byte) json.RawMessage {
	var only struct {
		Run struct {
			Given struct {
				Client struct{ Policy json.RawMessage }
			}
		}
	}
	_ = json.Unmarshal(text, &only)
	return only.Run.Given.Client.Policy
}

func mustJSON(response *pb.AdapterResponse) []byte {
	text, err := protojson.Marshal(response)
	if err != nil {
		response.Result = &pb.AdapterResponse_Error{Error: err.Error()}
		text, _ = protojson.Marshal(response)
	}
	return text
}

func perform(request *pb.AdapterRequest, policy []byte, response *pb.AdapterResponse) error {
	switch {
	case request.GetDescribe() != nil:
		response.Result = &pb.AdapterResponse_Describe{Describe: describe()}
		return nil
	case request.GetRun() != nil:
		ran, err := runCase(runRequest{request.GetRun(), policy})
		response.Result = &pb.AdapterResponse_Run{Run: ran}
		return err
	}
	return errors.New("the request asks for nothing")
}

// runRequest is a case that is asked for.
type runRequest struct {
	*pb.RunRequest
	// The policy document, as it is written.
	policy []byte
}

func runCase(request runRequest) (*pb.RunResponse, error) {
	if request.GetBaseUrl() != "" {
		return onSockets(request)
	}
	return inBubble(request)
}

// dump writes all stacks, once: what else is late is most likely late for the same reason.
var dump sync.Once

// onSockets runs a case in real time. One that goes on for too long fails alone.
func onSockets(request runRequest) (*pb.RunResponse, error) {
	done := make(chan result, 1)
	go func() {
		ran, err := recovered(request)
		done <- result{ran, err}
	}()
	limit := time.NewTimer(wireLimit)
	defer limit.Stop()
	select {
	case last := <-done:
		return last.ran, last.err
	case <-limit.C:
		dump.Do(func() {
			stacks := make([]byte, 1<<20)
			os.Stderr.Write(stacks[:runtime.Stack(stacks, true)])
		})
		return nil, fmt.Errorf("the case was not over after %v", wireLimit)
	}
}

// recovered runs a case, and tells of a panic as a failure of the adapter.
func recovered(request runRequest) (ran *pb.RunResponse, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v\n%s", reason, debug.Stack())
		}
	}()
	return run(request)
}

// One case in memory after the other: side by side they are slower.
var memoryTurn sync.Mutex

type result struct {
	ran *pb.RunResponse
	err error
}

// inBubble runs a case on a clock that jumps to the next timer whenever nothing else goes on.
func inBubble(request runRequest) (*pb.RunResponse, error) {
	memoryTurn.Lock()
	defer memoryTurn.Unlock()
	// Of goroutines that could go on at once, the same one does each time.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	done := make(chan result, 1)
	var bubble atomic.Value
	// A goroutine of its own: a race that is detected ends the one that called Test.
	go func() {
		last := result{err: errors.New("the goroutine of the case ended before the case")}
		defer func() { done <- last }()
		defer func() {
			if reason := recover(); reason != nil {
				last = afterPanic(last, reason, bubble.Load())
			}
		}()
		synctest.Test(new(testing.T), func(*testing.T) {
			bubble.Store(bubbleName())
			last.ran, last.err = recovered(request)
		})
	}()
	return watched(done, &bubble)
}

// afterPanic says what became of a case whose bubble panicked: goroutines are left, or the case waits
// for what never comes.
func afterPanic(last result, reason, bubble any) result {
	stacks := bubbleStacks(bubble)
	if last.ran == nil || last.err != nil {
		return result{err: fmt.Errorf("%w; %v\n%s", last.err, reason, strings.Join(stacks, "\n\n"))}
	}
	fmt.Fprintln(os.Stderr, strings.Join(stacks, "\n\n"))
	last.ran.Leaks.Tasks = int32(len(stacks))
	return last
}

var bubbleInStack = regexp.MustCompile(`synctest bubble \d+`)

// bubbleName is what stacks call the bubble of the goroutine.
func bubbleName() string {
	stack := make([]byte, 256)
	return bubbleInStack.FindString(string(stack[:runtime.Stack(stack, false)]))
}

// bubbleStacks has the stacks of the goroutines that are left in a bubble.
func bubbleStacks(bubble any) (found []string) {
	text := make([]byte, 1<<20)
	text = text[:runtime.Stack(text, true)]
	for _, stack := range strings.Split(string(text), "\n\n") {
		head, _, _ := strings.Cut(stack, "\n")
		if bubble != nil && bubbleInStack.FindString(head) == bubble {
			found = append(found, stack)
		}
	}
	return found
}

func watched(done <-chan result, bubble *atomic.Value) (*pb.RunResponse, error) {
	ticker := time.NewTicker(memoryLimit)
	defer ticker.Stop()
	before := processorTime()
	for turn := 1; ; turn++ {
		select {
		case last := <-done:
			return last.ran, last.err
		case <-ticker.C:
			spent := processorTime() - before
			before += spent
			if spent < atWork || turn == mostTurns {
				stacks := strings.Join(bubbleStacks(bubble.Load()), "\n\n")
				return nil, fmt.Errorf("the case waits in real time for what never comes\n%s", stacks)
			}
		}
	}
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
