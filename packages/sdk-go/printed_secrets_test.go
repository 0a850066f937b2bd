package ameide_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

// printedForms are all that fmt, log/slog and encoding/json make of a value.
func printedForms(value any) map[string]string {
	forms := map[string]string{}
	for _, verb := range strings.Split("v +v #v s q +q #q x X d t T c U b o e g", " ") {
		forms["%"+verb] = fmt.Sprintf("%"+verb, value)
	}
	forms["Sprint"] = fmt.Sprint(value)
	var text, lines bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "value", value)
	slog.New(slog.NewJSONHandler(&lines, nil)).Info("x", "value", value)
	forms["slog text"], forms["slog JSON"] = text.String(), lines.String()
	if _, isToken := value.(ameide.Token); isToken {
		return forms
	}
	encoded, err := json.Marshal(value)
	forms["JSON"] = fmt.Sprint(string(encoded), err)
	return forms
}

func expectNoSecret(t *testing.T, value any) {
	t.Helper()
	inHex := fmt.Sprintf("%x", secretToken)
	for form, text := range printedForms(value) {
		lower := strings.ToLower(text)
		if strings.Contains(lower, secretToken) || strings.Contains(lower, inHex) {
			t.Errorf("%s of a %T is %.300s", form, value, text)
		}
	}
}

func TestCredentialsAreNotPrinted(t *testing.T) {
	provider := ameide.Provider(func(context.Context, ameide.TokenRequest) (ameide.Token, error) {
		return ameide.Token{Token: secretToken}, nil
	})
	type config struct{ auth ameide.Auth }
	for _, auth := range []*ameide.Auth{
		ameide.BearerToken(secretToken), ameide.StaticKey("x-api-key", secretToken), provider,
	} {
		transport := localTransport(t, "https://api.test", ameide.WithAuth(auth))
		for _, value := range []any{
			auth, *auth, []ameide.Auth{*auth}, config{*auth}, &config{*auth}, ameide.WithAuth(auth), transport, *transport,
			ameide.WithCall(t.Context(), ameide.WithAuth(auth)),
			ameide.Token{Token: secretToken},
		} {
			expectNoSecret(t, value)
		}
	}
	for want, value := range map[string]any{
		"a bearer token":               ameide.BearerToken(secretToken),
		"a static key in x-api-key":    ameide.StaticKey("x-api-key", secretToken),
		"a token provider":             *provider,
		"no credential":                ameide.Auth{},
		"a token that does not expire": ameide.Token{Token: secretToken},
	} {
		if got := fmt.Sprint(value); got != want {
			t.Errorf("%q", got)
		}
	}
	if got := fmt.Sprintf("%q %30v", ameide.BearerToken(secretToken), ameide.BearerToken(secretToken)); got != `"a bearer token"                 a bearer token` {
		t.Errorf("%q", got)
	}
}

// A printingInterceptor prints the context of an attempt, which is on its way, and what the attempt failed with.
func TestContextsOfAttemptsAreNotPrinted(t *testing.T) {
	var seen []context.Context
	watch := connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, request connect.AnyRequest) (connect.AnyResponse, error) {
			response, err := next(ctx, request)
			seen = append(seen, ctx)
			return response, err
		}
	})
	transport, err := ameidetest.NewTransport(threadsHandler(), ameide.WithTenant("acme"),
		ameide.WithAuth(ameide.BearerToken(secretToken)), ameide.WithInterceptors(watch))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	if err := listThreads(t.Context(), transport); err != nil {
		t.Fatal(err)
	}
	for _, ctx := range seen {
		expectNoSecret(t, ctx)
		if got := fmt.Sprint(ctx); got != "attempt 1 of ameide.threads.v1.ThreadsService/ListThreads" {
			t.Errorf("%q", got)
		}
	}
	if len(seen) != 1 {
		t.Errorf("%d attempts are seen", len(seen))
	}
}

// An error that is printed as the struct it is has neither the credential that was sent nor the headers of the answer.
func TestErrorsByValueAreNotPrinted(t *testing.T) {
	failed := ameide.FromError(bothKinds(t, echoingTransport(t, "no"))["unary"])
	if failed.Metadata.Get("X-Echo") != "Bearer "+secretToken {
		t.Fatalf("%v", failed.Metadata)
	}
	expectNoSecret(t, failed)
	expectNoSecret(t, *failed)
	if got := fmt.Sprintf("%v|%#v", *failed, *failed); got != failed.Error()+"|&ameide.Error{"+failed.Error()+"}" {
		t.Errorf("%q", got)
	}
}
