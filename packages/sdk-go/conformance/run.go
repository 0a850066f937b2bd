package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1/conformancev1connect"
	ameide "github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/internal/hook"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// run does what a case says and tells what happened.
func run(request runRequest) (*pb.RunResponse, error) {
	constants, err := perturbed(request.GetConstants())
	if err != nil {
		return nil, err
	}
	given := request.GetGiven()
	if given == nil {
		given = &pb.Given{}
	}
	r := &caseRun{
		request:      request,
		given:        given,
		constants:    constants,
		surroundings: &surroundings{inMemory: request.GetBaseUrl() == ""},
		clients:      map[string]caseClient{},
		response:     &pb.RunResponse{},
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r.providers = &providers{surroundings: r.surroundings, reach: r, ctx: ctx}
	r.calls = &callMaker{on: r.providers, live: map[*oneCall]struct{}{}}
	r.surroundings.begin(wallClockOf(given))
	if r.surroundings.inMemory {
		r.script = newScriptClient(request.GetScript())
	}
	if given.GetClient().GetTelemetry() {
		r.telemetry = recordTelemetry(func() { r.watch("telemetry", "") })
	}
	r.logs = newLogRecorder(func(event string) { r.watch("logger", event) })
	return r.run(ctx)
}

func wallClockOf(given *pb.Given) time.Time {
	if ms := given.GetWallClockMs(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
}

// caseRun is a case that is being run.
type caseRun struct {
	request      runRequest
	given        *pb.Given
	constants    *policy.Constants
	surroundings *surroundings
	providers    *providers
	calls        *callMaker
	script       *scriptClient
	telemetry    *telemetry
	logs         *logRecorder
	clients      map[string]caseClient
	response     *pb.RunResponse

	calledAgain atomic.Bool
	// Calls and drains that callbacks began.
	begun sync.WaitGroup

	mu     sync.Mutex
	events []ameide.Event
	drains []*pb.Drained
}

func (r *caseRun) run(ctx context.Context) (*pb.RunResponse, error) {
	ctx, err := withBaggage(ctx, r.given.GetAmbientBaggage())
	if err != nil {
		return nil, err
	}
	if r.given.GetAmbientSpan() && r.telemetry != nil {
		r.telemetry.inSpan(ctx, func(ctx context.Context) { err = r.steps(ctx) })
	} else {
		err = r.steps(ctx)
	}
	if err != nil {
		return nil, err
	}
	r.begun.Wait()
	if !r.given.GetLeftOpen() {
		r.close()
		r.calls.begun.Wait()
	}
	r.surroundings.settle()
	return r.told()
}

// told is all that was seen.
func (r *caseRun) told() (*pb.RunResponse, error) {
	response := r.response
	response.Leaks = &pb.Leaks{
		Timers:    int32(r.surroundings.timers.Load()),
		Listeners: int32(r.surroundings.listeners.Load()),
		Sockets:   r.surroundings.socketsLeft(),
	}
	if r.given.GetLeftOpen() {
		response.Leaks = &pb.Leaks{}
	}
	if r.script != nil {
		response.Requests = r.script.requests()
	}
	response.Sleeps = r.surroundings.sleeps
	response.ProviderCalls = r.providers.calls.Load()
	response.Items = r.calls.items
	response.Logs = r.logs.lines()
	r.mu.Lock()
	defer r.mu.Unlock()
	response.Drained = r.drains
	for _, event := range r.events {
		text := jsonOf(event)
		response.Events = append(response.Events, text)
		var told struct{ BudgetTokens *float64 }
		if err := json.Unmarshal([]byte(text), &told); err != nil {
			return nil, err
		}
		if told.BudgetTokens != nil {
			response.Budget = told.BudgetTokens
		}
	}
	if r.telemetry == nil {
		return response, nil
	}
	var err error
	response.Spans = r.telemetry.spans.ended()
	response.Metrics, err = r.telemetry.metrics()
	return response, err
}

// steps makes the client and does what is to be done. A client that cannot be made ends the case: the
// error is its outcome.
func (r *caseRun) steps(ctx context.Context) error {
	r.calls.ctx = ctx
	options, err := r.options()
	if err != nil {
		return err
	}
	open := func() (caseClient, error) {
		return openClient(r.request.GetEntry(), baseURL(r.request.RunRequest), options)
	}
	if !r.make("", open) {
		return nil
	}
	for _, step := range r.given.GetSteps() {
		if err := r.step(step); err != nil {
			return err
		}
		// What a step began in the background goes as far as it gets without time.
		r.surroundings.settle()
	}
	return nil
}

func (r *caseRun) options() ([]ameide.Option, error) {
	options, err := clientOptions(r.request, r.providers)
	if err != nil {
		return nil, err
	}
	options = append(options, r.telemetry.option(), ameide.WithObserver(r.observe), r.runtime())
	if level := r.given.GetClient().GetLogLevel(); level != "" {
		options = append(options,
			ameide.WithLogger(slog.New(r.logs)), ameide.WithLogLevel(ameide.LogLevel(level)))
	}
	if r.script != nil {
		return append(options, ameide.WithRoundTripper(r.script)), nil
	}
	return append(options, ameide.WithDialContext(r.surroundings.dial)), nil
}

// runtime is the hook for tests.
func (r *caseRun) runtime() ameide.Option {
	return hook.Option(&hook.Runtime{
		Backoff:    sequence(r.given.GetRandom()),
		AuthJitter: sequence(r.given.GetAuthRandom()),
		WallNow:    r.surroundings.wallNow,
		Constants:  r.constants,
		OnTimer:    r.surroundings.onTimer,
		OnSleep:    r.surroundings.onSleep,
	}).(ameide.Option)
}

// sequence gives these numbers, then the last one for ever; 0.5 where there are none.
func sequence(numbers []float64) func() float64 {
	if len(numbers) == 0 {
		numbers = []float64{0.5}
	}
	var drawn counter
	return func() float64 { return numbers[min(drawn.next(), len(numbers)-1)] }
}

// make makes a client under a name; if that fails, the error is an outcome.
func (r *caseRun) make(name string, open func() (caseClient, error)) bool {
	outcome := outcomeOf(func() (string, error) {
		return "", withEnvironment(r.given.GetEnv(), func() (err error) {
			client, err := open()
			if err == nil {
				r.clients[name] = client
			}
			return err
		})
	})
	if outcome.Error != nil {
		r.response.Outcomes = append(r.response.Outcomes, outcome)
	}
	return outcome.Error == nil
}

func (r *caseRun) step(step *pb.Step) error {
	switch action := step.GetAction().(type) {
	case *pb.Step_Call:
		client, err := r.client(action.Call.GetClient())
		if err != nil {
			return err
		}
		r.response.Outcomes = append(r.response.Outcomes, r.calls.makeCalls(action.Call, client)...)
		return nil
	case *pb.Step_Derive:
		return r.derive(action.Derive)
	case *pb.Step_AdvanceMs:
		r.surroundings.advance(milliseconds(action.AdvanceMs))
		return nil
	case *pb.Step_WallJumpMs:
		r.surroundings.jumpWall(milliseconds(action.WallJumpMs))
		return nil
	case *pb.Step_Paginate:
		client, err := r.client("")
		if err != nil {
			return err
		}
		r.response.Outcomes = append(r.response.Outcomes, r.calls.goThrough(action.Paginate, client))
		return nil
	case *pb.Step_Explain:
		return r.explain(action.Explain)
	}
	return errors.New("a step says nothing")
}

func (r *caseRun) derive(given *pb.Derive) error {
	from, err := r.client(given.GetFrom())
	if err != nil {
		return err
	}
	options, err := sharedOptions(given.GetSettings(), r.providers)
	if err != nil {
		return err
	}
	if url := given.GetBaseUrl(); url != "" {
		options = append(options, ameide.WithBaseURL(url))
	}
	if given.GetEnvironmentCredentials() {
		options = append(options, ameide.WithEnvironmentCredentials(true))
	}
	r.make(given.GetName(), func() (caseClient, error) { return from.derive(options) })
	return nil
}

func (r *caseRun) client(name string) (caseClient, error) {
	client, is := r.clients[name]
	if !is {
		return client, fmt.Errorf("there is no client %q", name)
	}
	return client, nil
}

func (r *caseRun) explain(name string) error {
	client, err := r.client("")
	if err != nil {
		return err
	}
	explanation, err := client.Explain("/" + conformancev1connect.ConformanceServiceName + "/" + name)
	if err != nil {
		return err
	}
	r.response.Explained = map[string]*pb.Explained{}
	for _, each := range explanation.Values {
		value := &structpb.Value{}
		if err := protojson.Unmarshal([]byte(jsonOf(each.Value)), value); err != nil {
			return err
		}
		r.response.Explained[each.Name] = &pb.Explained{Value: value, Source: each.Source}
	}
	r.response.PolicyHash = explanation.Hash
	r.response.ExplainText = explanation.String()
	return nil
}

func (r *caseRun) observe(event ameide.Event) {
	r.mu.Lock()
	r.events = append(r.events, event)
	r.mu.Unlock()
	switch event := event.(type) {
	case ameide.AttemptFailed:
		r.calls.attemptFailed()
	case ameide.Done:
		r.calls.done(event.Method)
	}
	r.watch("observer", typeOf(event))
}

func typeOf(event ameide.Event) string {
	switch event.(type) {
	case ameide.AttemptStarted:
		return "attempt_started"
	case ameide.AttemptFailed:
		return "attempt_failed"
	case ameide.Waiting:
		return "waiting"
	case ameide.Done:
		return "done"
	case ameide.WouldHave:
		return "would_have"
	}
	panic(fmt.Errorf("an event is a %T", event))
}

// watch does what a watcher of this name does when it is told. No watcher of Go can fail, but by a panic,
// which is the program's own.
func (r *caseRun) watch(who, event string) {
	for _, each := range r.given.GetClient().GetWatchers() {
		if each.GetWho() == who && (each.GetAt() == "" || each.GetAt() == event) {
			_ = performDeed(each.GetDoes(), r)
		}
	}
}

func (r *caseRun) cancel() { r.calls.cancel() }

func (r *caseRun) close() {
	if client, is := r.clients[""]; is {
		client.Close()
	}
}

func (r *caseRun) drain() {
	client, is := r.clients[""]
	if !is {
		return
	}
	began := time.Now()
	r.mu.Lock()
	drained := &pb.Drained{}
	r.drains = append(r.drains, drained)
	r.mu.Unlock()
	r.begin(func() {
		aborted := client.Drain(context.Background())
		took := inMilliseconds(time.Since(began))
		drained.Aborted, drained.Ms = int32(aborted), &took
	})
}

func (r *caseRun) callAgain() {
	if r.calledAgain.Swap(true) {
		return
	}
	ctx := withSignal(r.calls.ctx, newSignal(r.surroundings, time.Time{}))
	r.begin(func() {
		outcomeOf(func() (string, error) { return r.clients[""].again(ctx) })
	})
}

// begin does what takes time, and returns when that goes no further by itself.
func (r *caseRun) begin(what func()) {
	r.begun.Go(what)
	r.surroundings.settle()
}
