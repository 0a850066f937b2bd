package ameide

import (
	"context"
	"net/http"

	"github.com/ameideio/ameide-sdk-go/internal/hook"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A credentialSource gives credentials. Clients derived from one share it.
type credentialSource interface {
	// header carries the credential, as package http writes it.
	header() string
	// get waits for a credential, at most until the context ends, and then gives its cause. It gives the provider's error
	// where the provider failed, now or a moment ago.
	get(ctx context.Context, request *credentialRequest) (*credential, error)
	// canRenew says whether there may be a credential newer than the one the server refused.
	canRenew(request *credentialRequest, refused *credential) bool
	// renew waits for a credential newer than the one the server refused. Ask canRenew first.
	renew(ctx context.Context, request *credentialRequest, refused *credential) (*credential, error)
	// refuse says that the server refused it, and the call goes no further: the next one wants a newer one.
	refuse(request *credentialRequest, refused *credential)
}

// newCredentialSource makes a source of credentials from the option auth.
//
// store keeps the tokens of providers.
func newCredentialSource(
	auth *Auth, runtime *hook.Runtime, constants *policy.Constants, timers *timers, store *tokenStore,
) credentialSource {
	switch parts := auth.parts(); parts.kind {
	case tokenProvider:
		return newTokenCache(parts.provider, runtime, constants, timers, store)
	case staticKey:
		return &fixedCredential{credential{header: http.CanonicalHeaderKey(parts.header), value: parts.value}}
	default:
		return &fixedCredential{credential{header: "Authorization", value: "Bearer " + parts.token}}
	}
}

// fixedCredential is one that never changes.
type fixedCredential struct{ credential credential }

func (f *fixedCredential) header() string { return f.credential.header }

func (f *fixedCredential) get(context.Context, *credentialRequest) (*credential, error) {
	return &f.credential, nil
}

func (*fixedCredential) canRenew(*credentialRequest, *credential) bool { return false }

func (f *fixedCredential) renew(context.Context, *credentialRequest, *credential) (*credential, error) {
	return &f.credential, nil
}

func (*fixedCredential) refuse(*credentialRequest, *credential) {}
