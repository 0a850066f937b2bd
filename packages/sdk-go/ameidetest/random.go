package ameidetest

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/internal/hook"
)

// Random replaces the SDK's randomness. Its streams are apart, so that one does not shift another; what is nil stays
// random.
type Random struct {
	// Backoff is uniform in [0, 1), one draw for each counted retry: a wait is so large a part of its bound.
	Backoff func() float64
	// AuthJitter is uniform in [0, 1), one draw for each token.
	AuthJitter func() float64
	// Bytes fills what request ids and idempotency keys are made of.
	Bytes func([]byte)
}

// WithRandom sets the randomness of a client.
func WithRandom(random Random) ameide.Option {
	return option(&hook.Runtime{
		Backoff:    checked("Backoff", random.Backoff),
		AuthJitter: checked("AuthJitter", random.AuthJitter),
		Bytes:      random.Bytes,
	})
}

// A number that makes no sense would make waits that make none.
func checked(name string, draw func() float64) func() float64 {
	if draw == nil {
		return nil
	}
	return func() float64 {
		drawn := draw()
		if !(drawn >= 0 && drawn < 1) {
			panic(fmt.Sprintf("ameidetest: %s gave %v, not a number from 0 to less than 1", name, drawn))
		}
		return drawn
	}
}

// Sequence gives these numbers, then the last one for ever.
func Sequence(first float64, more ...float64) func() float64 {
	var mu sync.Mutex
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		number := first
		if len(more) > 0 {
			first, more = more[0], more[1:]
		}
		return number
	}
}

// Seeded is randomness that is the same for the same seed.
func Seeded(seed uint64) Random {
	stream := func(salt uint64) (*sync.Mutex, *rand.Rand) {
		return new(sync.Mutex), rand.New(rand.NewPCG(seed, salt))
	}
	floats := func(salt uint64) func() float64 {
		mu, random := stream(salt)
		return func() float64 {
			mu.Lock()
			defer mu.Unlock()
			return random.Float64()
		}
	}
	mu, ids := stream(3)
	return Random{
		Backoff:    floats(1),
		AuthJitter: floats(2),
		Bytes: func(bytes []byte) {
			mu.Lock()
			defer mu.Unlock()
			for i := range bytes {
				bytes[i] = byte(ids.Uint32())
			}
		},
	}
}
