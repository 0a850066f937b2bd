package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	ameide "github.com/ameideio/ameide-sdk-go"
)

// counter gives 0, 1, 2, …
type counter struct{ atomic.Int32 }

func (c *counter) next() int { return int(c.Add(1)) - 1 }

// callMaker is what calls are made with.
type callMaker struct {
	on *providers
	// What is active around all calls: span and baggage.
	ctx context.Context

	mu sync.Mutex
	// Cancel what callbacks may cancel.
	cancelers []func()
	// Items of lists.
	items []string
	// Streams that were opened and are not read.
	unread []any
	// Called once, when an attempt has failed.
	onAttemptFailed func()
	// Calls that are being made.
	live map[*oneCall]struct{}
	// Streams that nobody waits for.
	begun sync.WaitGroup
}

// cancel cancels the calls that callbacks may cancel.
func (m *callMaker) cancel() {
	m.mu.Lock()
	cancelers := m.cancelers
	m.cancelers = nil
	m.mu.Unlock()
	for _, cancel := range cancelers {
		cancel()
	}
}

// attemptFailed tells who waits for it that an attempt has failed.
func (m *callMaker) attemptFailed() {
	m.mu.Lock()
	react := m.onAttemptFailed
	m.onAttemptFailed = nil
	m.mu.Unlock()
	if react != nil {
		react()
	}
}

// makeCalls makes a call, or several at once.
func (m *callMaker) makeCalls(call *pb.Call, client caseClient) []*pb.SeenOutcome {
	options := callOptions(call.GetSettings(), m.on)
	outcomes := make([]*pb.SeenOutcome, max(call.GetParallel(), 1))
	var shared *signal
	if call.GetShareCancel() {
		shared = m.newSignal(call, 0)
		defer shared.stop()
	}
	one := func(i int) {
		signal := shared
		if signal == nil {
			signal = m.newSignal(call, i)
			defer signal.stop()
		}
		outcomes[i] = m.makeCall(m.contextOf(call, i, options), signal, call, i, client)
	}
	if len(outcomes) == 1 {
		one(0)
		return outcomes
	}
	// One after the other, each as far as it goes without time, so that their order is always the same.
	var all sync.WaitGroup
	for i := range outcomes {
		all.Go(func() { one(i) })
		if i == 0 || call.GetNumbered() {
			m.on.surroundings.headStart()
		} else {
			m.on.surroundings.settle()
		}
	}
	all.Wait()
	return outcomes
}

// newSignal makes what ends a call: the deadline that is the language's own parameter, and what cancels.
func (m *callMaker) newSignal(call *pb.Call, i int) *signal {
	var deadline time.Time
	if call.RuntimeTimeoutMs != nil {
		deadline = time.Now().Add(duration(call.GetRuntimeTimeoutMs()))
	}
	signal := newSignal(m.on.surroundings, deadline)
	cancel := call.GetCancel()
	if cancel == nil || cancel.GetFirstOnly() && i > 0 {
		return signal
	}
	reason := context.Canceled
	if cancel.GetAsTimeout() {
		reason = context.DeadlineExceeded
	}
	switch {
	case cancel.GetBeforeStart():
		signal.end(reason)
	case cancel.GetByCallback():
		m.mu.Lock()
		defer m.mu.Unlock()
		m.cancelers = append(m.cancelers, func() { signal.end(reason) })
	default:
		signal.endAfter(milliseconds(cancel.GetAfterMs()), reason)
	}
	return signal
}

func (m *callMaker) contextOf(call *pb.Call, i int, options []ameide.CallOption) context.Context {
	if call.GetTenantEach() {
		tenant := ameide.WithTenant(fmt.Sprintf("t%d", i+1))
		options = append(options[:len(options):len(options)], tenant)
	}
	if len(options) == 0 {
		return m.ctx
	}
	return ameide.WithCall(m.ctx, options...)
}

// goThrough goes through a list; its outcome is an empty text, its items are kept apart.
func (m *callMaker) goThrough(given *pb.Paginate, client caseClient) *pb.SeenOutcome {
	ctx := m.ctx
	if options := callOptions(given.GetSettings(), m.on); len(options) > 0 {
		ctx = ameide.WithCall(ctx, options...)
	}
	var options []ameide.PageOption
	if given.MaxItems != nil {
		options = append(options, ameide.MaxItems(wholeNumber(given.GetMaxItems())))
	}
	if given.MaxPages != nil {
		options = append(options, ameide.MaxPages(wholeNumber(given.GetMaxPages())))
	}
	ctx = withSignal(ctx, newSignal(m.on.surroundings, time.Time{}))
	list := client.conformance.ListItems
	request := &pb.ListItemsRequest{}
	return outcomeOf(func() (string, error) {
		seen := int32(0)
		if given.GetPages() {
			for page, err := range ameide.Pages(ctx, list, request, options...) {
				if err != nil {
					return "", err
				}
				m.items = append(m.items, page.GetItems()...)
				if seen++; given.BreakAfter != nil && seen == given.GetBreakAfter() {
					break
				}
			}
			return "", nil
		}
		items := (*pb.ListItemsResponse).GetItems
		for item, err := range ameide.Paginate(ctx, list, request, items, options...) {
			if err != nil {
				return "", err
			}
			m.items = append(m.items, item)
			if seen++; given.BreakAfter != nil && seen == given.GetBreakAfter() {
				break
			}
		}
		return "", nil
	})
}
