package ameide

import (
	"math"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// readToken looks at what a provider gave. The error is CONFIG_INVALID and names the member and the rule.
//
// expiresMs is in epoch milliseconds; infinite for a token that does not expire.
func readToken(given Token, constants *policy.Constants) (expiresMs float64, err *Error) {
	if !isToken(given.Token) {
		return 0, configError("auth.provider", "the token "+tokenRule)
	}
	if given.ExpiresAt.IsZero() {
		return math.Inf(1), nil
	}
	ms := given.ExpiresAt.UnixMilli()
	if ms < 0 {
		return 0, configError("auth.provider",
			"ExpiresAt must be a time after 1970; leave it out for a token that does not expire", ms)
	}
	if ms < constants.MinExpiryMs {
		return 0, configError("auth.provider", "ExpiresAt can only be made of seconds taken for milliseconds: "+
			"give time.Unix(seconds, 0), or for a life in seconds time.Now().Add(life * time.Second)")
	}
	return float64(ms), nil
}

// lifeStage is how far a token is through its life.
type lifeStage int

const (
	lifeFresh lifeStage = iota
	lifeRenewable
	lifeEnding
	lifeExpired
)

// A tokenLife is the life of a token, from when it came. It is as old as the faster of both clocks says: the wall clock
// may be set, the other may sleep with the machine.
type tokenLife struct {
	wallNow                     func() time.Time
	came                        time.Time
	cameWallMs                  float64
	lifeMs, renewFrom, waitFrom float64
}

// newTokenLife begins a life now.
//
// jitter is uniform in [0, 1): it spreads the time of the renewal.
func newTokenLife(wallNow func() time.Time, expiresMs float64, c *policy.Constants, jitter float64) *tokenLife {
	l := &tokenLife{wallNow: wallNow, came: time.Now(), cameWallMs: wallMs(wallNow)}
	l.lifeMs = expiresMs - l.cameWallMs
	spread := 1 + c.AdvisoryJitter*(2*jitter-1)
	from := func(beforeMs float64) float64 { return max(l.lifeMs-beforeMs, float64(c.MinTokenUseMs)) }
	l.renewFrom = from(min(float64(c.AdvisoryRefreshMs), l.lifeMs*c.AdvisoryLifeShare) * spread)
	l.waitFrom = from(min(float64(c.MandatoryRefreshMs), l.lifeMs*c.MandatoryLifeShare))
	return l
}

// ageMs is the time since it came.
func (l *tokenLife) ageMs() float64 {
	return max(ms(time.Since(l.came)), wallMs(l.wallNow)-l.cameWallMs)
}

func (l *tokenLife) stage() lifeStage {
	age := l.ageMs()
	switch {
	case age < l.renewFrom:
		return lifeFresh
	case age < l.waitFrom:
		return lifeRenewable
	case age < l.lifeMs:
		return lifeEnding
	default:
		return lifeExpired
	}
}

func wallMs(wallNow func() time.Time) float64 { return float64(wallNow().UnixMicro()) / 1_000 }
