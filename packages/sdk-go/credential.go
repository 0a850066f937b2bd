package ameide

import (
	"cmp"
	"regexp"
	"slices"
	"time"
)

// A credential is a header to send, and which token it came from.
type credential struct {
	// header is its name as package http writes it.
	header string
	value  string
	// generation is the number of the request to a provider it came by, from 1; 0 for what never changes.
	generation int64
}

// A credentialRequest is a call that wants a credential.
type credentialRequest struct {
	// tenant of the call; empty for none.
	tenant string
	scopes []string
	// deadline is when the call ends; zero for never.
	deadline time.Time
}

const (
	credentialRule = "must be printable ASCII on one line, without spaces around it"
	tokenRule      = "must be printable ASCII on one line, without spaces around it, and without Bearer before it"
)

var (
	credentialText = regexp.MustCompile(`^[!-~](?:[ -~]*[!-~])?$`)
	bearerWord     = regexp.MustCompile(`(?i)^bearer `)
	schemeWord     = regexp.MustCompile(`(?i)^(?:Bearer|Basic) `)
)

// isCredential says whether a credential may stand in a header: credentialRule.
func isCredential(value string) bool { return credentialText.MatchString(value) }

// isToken says whether a bearer token is one, and without the word that is put before it: tokenRule.
func isToken(value string) bool { return isCredential(value) && !bearerWord.MatchString(value) }

// secretsOf lists what of a call is secret: the last credential, those before it, and values of headers. The longest come
// first: one may be a part of another.
func secretsOf(last *credential, earlier []*credential, headers []string) []string {
	var secrets []string
	add := func(value string) { secrets = append(secrets, schemeWord.ReplaceAllString(value, "")) }
	if last != nil {
		add(last.value)
	}
	for _, each := range earlier {
		add(each.value)
	}
	for _, value := range headers {
		add(value)
	}
	slices.SortStableFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return secrets
}
