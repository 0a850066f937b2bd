package ameide

import "github.com/ameideio/ameide-sdk-go/internal/policy"

// mayRenew says whether a refused credential is to be renewed, for a replay of the call. Where the call is not to be
// replayed, the next one is sent with another.
func (c *baseCall) mayRenew(failure *policy.Failure, values *policy.Values) bool {
	source, refused := c.plan.credentials, c.plan.headers.credential
	if source == nil || refused == nil {
		return false
	}
	replay := policy.Replay{
		Failure:   failure,
		Policy:    values,
		State:     c.state,
		KeySent:   c.plan.keySent || (values == c.plan.observed && c.plan.keyWithheld),
		Replayed:  c.replayed,
		Input:     c.kind.inputState(),
		Committed: c.committed,
	}
	if policy.MayReplayWithNewToken(&replay) {
		return source.canRenew(&c.plan.credentialRequest, refused)
	}
	if failure.Code == policy.CodeUnauthenticated && failure.Origin == policy.OriginServer && !c.replayed {
		source.refuse(&c.plan.credentialRequest, refused)
	}
	return false
}
