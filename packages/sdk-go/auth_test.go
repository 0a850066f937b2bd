package ameide

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/hook"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// tokens is a source of tokens in a bubble, and what its provider was asked.
type tokens struct {
	credentialSource
	store *tokenStore
	asked atomic.Int32
}

func newTokens(give func(ctx context.Context, number int32, request TokenRequest) (Token, error)) *tokens {
	t := &tokens{store: newTokenStore()}
	runtime := &hook.Runtime{AuthJitter: func() float64 { return 0.5 }}
	provider := Provider(func(ctx context.Context, request TokenRequest) (Token, error) {
		return give(ctx, t.asked.Add(1), request)
	})
	t.credentialSource = newCredentialSource(provider, runtime, policy.Behavior1(), newTimers(runtime), t.store)
	return t
}

func numbered(life time.Duration) func(context.Context, int32, TokenRequest) (Token, error) {
	return func(_ context.Context, number int32, _ TokenRequest) (Token, error) {
		token := Token{Token: fmt.Sprintf("token-%d", number)}
		if life > 0 {
			token.ExpiresAt = time.Now().Add(life)
		}
		return token, nil
	}
}

func (t *tokens) value(tb testing.TB, request *credentialRequest) string {
	tb.Helper()
	got, err := t.get(context.Background(), request)
	if err != nil {
		tb.Fatal(err)
	}
	return got.value
}

func TestProviderIsAskedOnceForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTokens(func(ctx context.Context, number int32, _ TokenRequest) (Token, error) {
			time.Sleep(100 * time.Millisecond)
			return Token{Token: fmt.Sprint("t", number)}, nil
		})
		var wait sync.WaitGroup
		for range 50 {
			wait.Go(func() {
				if got := source.value(t, &credentialRequest{tenant: "acme"}); got != "Bearer t1" {
					t.Error(got)
				}
			})
		}
		wait.Wait()
		source.value(t, &credentialRequest{tenant: "acme"})
		source.value(t, &credentialRequest{tenant: "other"})
		source.value(t, &credentialRequest{tenant: "acme", scopes: []string{"a"}})
		if n := source.asked.Load(); n != 3 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestTokenIsRenewedAheadAndThenWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTokens(numbered(10 * time.Minute))
		request := new(credentialRequest)
		for _, each := range []struct {
			at    time.Duration
			token string
			asked int32
		}{
			{0, "token-1", 1},
			{8*time.Minute - time.Millisecond, "token-1", 1},
			// From two minutes before its end another one is asked for, while it is used.
			{8 * time.Minute, "token-1", 2},
			{8*time.Minute + time.Millisecond, "token-2", 2},
			// From 30 s before its end the next one is waited for.
			{8*time.Minute + 9*time.Minute + 31*time.Second, "token-3", 3},
		} {
			time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(each.at)))
			synctest.Wait()
			got := source.value(t, request)
			synctest.Wait()
			if n := source.asked.Load(); got != "Bearer "+each.token || n != each.asked {
				t.Errorf("at %v: %s, asked %d times", each.at, got, n)
			}
		}
	})
}

func TestFailureOfAProviderHoldsForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vault := errors.New("vault: client_secret=abcdef0123456789 is wrong")
		source := newTokens(func(_ context.Context, number int32, _ TokenRequest) (Token, error) {
			if number == 1 {
				return Token{}, vault
			}
			return Token{Token: "good"}, nil
		})
		for range 3 {
			_, err := source.get(context.Background(), new(credentialRequest))
			known := FromError(err)
			if known == nil || known.Reason != ReasonTokenProviderFailed || !errors.Is(err, vault) ||
				!strings.Contains(known.Message, "client_secret=REDACTED is wrong") {
				t.Fatal(err)
			}
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(101 * time.Millisecond)
		if got := source.value(t, new(credentialRequest)); got != "Bearer good" || source.asked.Load() != 2 {
			t.Error(got, source.asked.Load())
		}
	})
}

func TestRequestThatHangsIsBegunAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTokens(func(ctx context.Context, number int32, _ TokenRequest) (Token, error) {
			if number == 1 {
				<-ctx.Done()
				return Token{}, ctx.Err()
			}
			return Token{Token: "second"}, nil
		})
		go source.get(context.Background(), new(credentialRequest))
		synctest.Wait()
		began := time.Now()
		if got := source.value(t, new(credentialRequest)); got != "Bearer second" {
			t.Error(got)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("joined for %v", took)
		}
		source.store.close(closedError("closed"))
	})
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTokens(numbered(0))
		request, ctx := new(credentialRequest), context.Background()
		first, _ := source.get(ctx, request)
		if !source.canRenew(request, first) {
			t.Fatal("may not be renewed")
		}
		second, err := source.renew(ctx, request, first)
		if err != nil || second.value != "Bearer token-2" {
			t.Fatal(second, err)
		}
		// Another call that had the first one is given the second.
		if again, err := source.renew(ctx, request, first); err != nil || again != second {
			t.Error(again, err)
		}
		if source.canRenew(request, second) {
			t.Error("one that came because another was refused is renewed at once")
		}
		time.Sleep(time.Second)
		if !source.canRenew(request, second) {
			t.Error("is never renewed again")
		}
	})
}

func TestWaitForATokenEndsWithTheCallAndTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTokens(func(ctx context.Context, _ int32, _ TokenRequest) (Token, error) {
			<-ctx.Done()
			return Token{}, ctx.Err()
		})
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(time.Second, func() { cancel(why) })
		if _, err := source.get(ctx, new(credentialRequest)); !errors.Is(err, why) {
			t.Error(err)
		}
		time.AfterFunc(time.Second, func() { source.store.close(closedError("closed")) })
		_, err := source.get(context.Background(), &credentialRequest{tenant: "b"})
		if FromError(err).Reason != ReasonClientClosed {
			t.Error(err)
		}
		if _, err := source.get(context.Background(), new(credentialRequest)); FromError(err).Reason != ReasonClientClosed {
			t.Error(err)
		}
	})
}

func TestRequestsToAProviderAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var underWay, most atomic.Int32
		source := newTokens(func(context.Context, int32, TokenRequest) (Token, error) {
			most.Store(max(most.Load(), underWay.Add(1)))
			time.Sleep(time.Second)
			underWay.Add(-1)
			return Token{Token: "t"}, nil
		})
		var wait sync.WaitGroup
		for i := range 40 {
			wait.Go(func() { source.value(t, &credentialRequest{tenant: fmt.Sprint(i)}) })
		}
		began := time.Now()
		wait.Wait()
		if most.Load() != 16 || time.Since(began) != 3*time.Second {
			t.Errorf("%d at once, in %v", most.Load(), time.Since(began))
		}
	})
}

func TestTokensThatAreNone(t *testing.T) {
	for _, token := range []Token{
		{Token: ""}, {Token: "Bearer abc"}, {Token: "two\nlines"}, {Token: "ä"},
		{Token: "t", ExpiresAt: time.UnixMilli(time.Now().Unix())}, {Token: "t", ExpiresAt: time.Unix(-1, 0)},
	} {
		_, err := readToken(token, policy.Behavior1())
		if err == nil || err.Reason != ReasonConfigInvalid || strings.Contains(err.Message, "abc") {
			t.Errorf("%q: %v", token.Token, err)
		}
	}
}

func TestAuthPrintsNoCredential(t *testing.T) {
	for _, auth := range []*Auth{BearerToken("s3cret"), StaticKey("x-api-key", "s3cret"), nil} {
		if text := fmt.Sprintf("%v %+v %#v %s", auth, auth, auth, auth); strings.Contains(text, "s3cret") {
			t.Error(text)
		}
	}
}
