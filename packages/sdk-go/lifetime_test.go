package ameide

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A call that ends when it is told, and some time later leaves its client.
type endingCall struct {
	lifetime *lifetime
	takes    time.Duration
	ended    *Error
}

func (c *endingCall) close(closed func(where string) *Error) {
	c.ended = closed("attempt 1 had waited")
	time.AfterFunc(c.takes, func() { c.lifetime.delete(c) })
}

func TestDrainWaitsForCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := 0
		life := newLifetime(func(*Error) { closed++ })
		call := &endingCall{lifetime: life}
		if refused := life.add(call); refused != nil {
			t.Fatal(refused)
		}
		time.AfterFunc(300*time.Millisecond, func() { life.delete(call) })
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() {
			synctest.Wait()
			refused := life.add(&endingCall{lifetime: life})
			if refused == nil || refused.Reason != ReasonClientClosed || !strings.Contains(refused.Message, "no more calls") {
				t.Errorf("a call while it drains: %v", refused)
			}
		}()
		if aborted := life.drain(ctx); aborted != 0 || time.Since(began) != 300*time.Millisecond || closed != 1 {
			t.Errorf("%d were ended after %v, closed %d times", aborted, time.Since(began), closed)
		}
		if call.ended != nil || life.closed() == nil || life.refusal() == nil {
			t.Error("the call was ended, or the client is open")
		}
		if life.drain(t.Context()) != 0 {
			t.Error("a closed client has calls")
		}
	})
}

func TestDrainEndsCallsThatAreLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life := newLifetime(func(*Error) {})
		calls := []*endingCall{{lifetime: life}, {lifetime: life, takes: 20 * time.Millisecond}, {lifetime: life, takes: time.Hour}}
		for _, call := range calls {
			if refused := life.add(call); refused != nil {
				t.Fatal(refused)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		if aborted := life.drain(ctx); aborted != 3 {
			t.Errorf("%d were ended", aborted)
		}
		if took := time.Since(began); took != 2*time.Second+settleTime {
			t.Errorf("it took %v", took)
		}
		if text := calls[0].ended.Message; text != "the client was closed, 2000 ms after drain(): attempt 1 had waited" {
			t.Error(text)
		}
	})
}

func TestTheShorterDrainHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life := newLifetime(func(*Error) {})
		if refused := life.add(&endingCall{lifetime: life}); refused != nil {
			t.Fatal(refused)
		}
		long := make(chan int)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			long <- life.drain(ctx)
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if short := life.drain(ctx); short != 1 || <-long != 1 {
			t.Errorf("%d", short)
		}
	})
}

func TestCloseEndsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := 0
		life := newLifetime(func(*Error) { closed++ })
		call := &endingCall{lifetime: life}
		if refused := life.add(call); refused != nil {
			t.Fatal(refused)
		}
		life.close()
		life.close()
		if closed != 1 || call.ended.Message != "the client was closed: attempt 1 had waited" {
			t.Errorf("closed %d times: %v", closed, call.ended)
		}
		synctest.Wait()
	})
}
