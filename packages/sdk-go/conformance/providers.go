package main

import (
	"context"
	"errors"
	"math"
	"time"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	ameide "github.com/ameideio/ameide-sdk-go"
)

// providers is what token providers and other callbacks of a case work with.
type providers struct {
	surroundings *surroundings
	reach        reach
	// Ends with the case.
	ctx context.Context

	calls counter
}

// perform does what the case says of a callback.
func (p *providers) perform(deed pb.Deed) error { return performDeed(deed, p.reach) }

// served is the context of a request being served, whose deadline is so far away.
func (p *providers) served(left time.Duration) context.Context {
	return servedContext{p.ctx, time.Now(), left}
}

// servedContext tells the deadline of a request being served when it is asked, and has none where that is
// infinitely far.
type servedContext struct {
	context.Context
	_    time.Time
	left time.Duration
}

// Deadline is as far from now as the case says.
func (s servedContext) Deadline() (time.Time, bool) {
	if s.left == math.MaxInt64 {
		return time.Time{}, false
	}
	return time.Now().Add(s.left), true
}

func (p *providers) auth(given *pb.Auth) *ameide.Auth {
	if header := given.GetHeader(); header != "" {
		return ameide.StaticKey(header, given.GetValue())
	}
	if len(given.GetProvider()) == 0 {
		return ameide.BearerToken(given.GetToken())
	}
	var asked counter
	return ameide.Provider(func(_ context.Context, request ameide.TokenRequest) (ameide.Token, error) {
		p.calls.next()
		answers := given.GetProvider()
		answer := answers[min(asked.next(), len(answers)-1)]
		if err := p.perform(answer.GetDoes()); err != nil {
			return ameide.Token{}, err
		}
		return p.provide(answer, request)
	})
}

// provide answers as the case says, however long that takes.
func (p *providers) provide(answer *pb.ProviderAnswer, request ameide.TokenRequest) (ameide.Token, error) {
	wait := milliseconds(answer.GetDelayMs())
	if answer.GetUntilDeadline() {
		wait = request.Deadline.Sub(p.surroundings.wallNow())
	}
	if err := sleep(p.ctx, wait, answer.GetStall()); err != nil {
		return ameide.Token{}, err
	}
	if answer.GetUntilDeadline() {
		return ameide.Token{}, errors.New("the provider fails at its deadline, as the case says")
	}
	if answer.GetFail() {
		return ameide.Token{}, saying(answer.GetSays())
	}
	return p.token(answer), nil
}

// sleep waits, for ever where it stalls.
func sleep(ctx context.Context, wait time.Duration, stalls bool) error {
	if wait <= 0 && !stalls {
		return nil
	}
	var after <-chan time.Time
	if !stalls {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-after:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// saying is an error with these texts, each the cause of the one before it.
func saying(texts []string) error {
	if len(texts) == 0 {
		return errors.New("the provider fails, as the case says")
	}
	if len(texts) == 1 {
		return errors.New(texts[0])
	}
	return &caused{texts[0], saying(texts[1:])}
}

// caused is an error whose text does not have that of its cause.
type caused struct {
	text  string
	cause error
}

func (c *caused) Error() string { return c.text }
func (c *caused) Unwrap() error { return c.cause }

func (p *providers) token(answer *pb.ProviderAnswer) ameide.Token {
	token := ameide.Token{Token: answer.GetToken()}
	if answer.ExpiresAt != nil {
		token.ExpiresAt = timeOf(answer.GetExpiresAt())
	}
	if answer.ExpiresInMs != nil {
		token.ExpiresAt = p.surroundings.wallNow().Add(milliseconds(answer.GetExpiresInMs()))
	}
	return token
}

// timeOf is the time of so many milliseconds since the epoch, however wrong.
func timeOf(ms float64) time.Time {
	switch {
	case math.IsNaN(ms):
		return time.UnixMilli(-1)
	case ms >= math.MaxInt64:
		return time.UnixMilli(math.MaxInt64)
	case ms <= math.MinInt64:
		return time.UnixMilli(math.MinInt64)
	default:
		return time.UnixMilli(int64(ms))
	}
}
