package ameide

import (
	"reflect"
	"testing"
	"time"
)

func optionsOf(options ...Option) *clientOptions {
	made := new(clientOptions)
	for _, each := range options {
		each.applyToClient(made)
	}
	return made
}

// What fields() leaves out would be stated and never hold.
func TestFieldsAreWhole(t *testing.T) {
	for _, each := range []struct {
		options any
		fields  []field
	}{
		{clientOptions{}, new(clientOptions).fields()},
		{settings{}, new(settings).fields()},
		{retryOptions{}, new(retryOptions).fields()},
	} {
		kind := reflect.TypeOf(each.options)
		count := 0
		for i := range kind.NumField() {
			if reflect.PointerTo(kind.Field(i).Type).Implements(reflect.TypeFor[field]()) {
				count++
			}
		}
		if count != len(each.fields) {
			t.Errorf("%v has %d stated values, and fields() gives %d", kind, count, len(each.fields))
		}
	}
}

func TestNearestOptions(t *testing.T) {
	nearest := nearestOptions(optionLayers{
		optionsOf(WithTenant("near"), WithRetry(MaxAttempts(2))),
		optionsOf(WithTenant("far"), WithMode(ModeObserve), WithRetry(MaxAttempts(3), BaseDelay(time.Second))),
	})
	if *nearest.tenant.value != "near" || nearest.mode.value != ModeObserve {
		t.Errorf("%v, %v", *nearest.tenant.value, nearest.mode.value)
	}
	if nearest.retryOptions.maxAttempts.value != 2 || nearest.retryOptions.baseDelay.is {
		t.Error("retry settings of two levels are one value here")
	}
}

func TestWithoutShadowed(t *testing.T) {
	far := optionsOf(
		WithTenant("far"), WithMode(ModeObserve), WithTimeout(time.Second), WithHeader("X-A", "far"), WithHeader("x-b", "far"),
		WithRetry(MaxAttempts(3), BaseDelay(time.Second)), WithAuth(BearerToken("old")),
		WithMethod("acme.v1.Billing", WithTenant("method"), WithIdleTimeout(time.Second)),
	)
	near := optionsOf(
		WithTenant("near"), NoDeadline(), WithHeader("x-a", "near"), WithRetry(MaxAttempts(2)), WithoutAuth(),
	)
	kept := withoutShadowed(optionLayers{near, far})
	if len(kept) != 2 || kept[0] != near {
		t.Fatalf("%d layers are kept", len(kept))
	}
	rest := kept[1]
	if rest.tenant.is || rest.timeout.is || rest.auth.is || !rest.mode.is {
		t.Error("what the nearer layer states is gone, and nothing else")
	}
	if !reflect.DeepEqual(rest.headers.value, []header{{"x-b", "far"}}) {
		t.Errorf("headers are %v", rest.headers.value)
	}
	if rest.retryOptions.maxAttempts.is || !rest.retryOptions.baseDelay.is || !rest.retry.is {
		t.Error("of retry the members count that are not stated")
	}
	method := rest.methods.value[0].settings
	if method.tenant.is || !method.idleTimeout.is {
		t.Error("a nearer client is nearer than settings of a method, too")
	}
	if far.tenant.value == nil || !far.auth.is || len(far.headers.value) != 2 || !far.retryOptions.maxAttempts.is {
		t.Error("the layers that were given have changed")
	}
}

func TestWithoutShadowedLeavesOutWholeLayers(t *testing.T) {
	layers := optionLayers{optionsOf(WithTenant("c")), optionsOf(WithTenant("b")), optionsOf(WithTenant("a"), WithoutRetry())}
	kept := withoutShadowed(layers)
	if len(kept) != 2 || kept[1].tenant.is || !kept[1].retry.is {
		t.Errorf("%d layers are kept", len(kept))
	}
}

func TestWithCallFillsFromOuter(t *testing.T) {
	ctx := WithCall(t.Context(), WithTenant("outer"), WithTimeout(time.Second), WithRetry(MaxAttempts(2)))
	ctx = WithCall(ctx, WithTenant("inner"), WithoutRetry())
	call := callSettings(ctx)
	if *call.tenant.value != "inner" || call.timeout.value != time.Second || call.retry.value || call.retryOptions.maxAttempts.is {
		t.Errorf("%+v", call)
	}
	if callSettings(t.Context()) != nil {
		t.Error("a bare context has settings")
	}
}

func TestKeyOfAnotherProcedure(t *testing.T) {
	ctx := WithCall(t.Context(), WithIdempotencyKey("k"))
	nested := WithCall(ctx, WithTenant("acme"))
	const charge, refund = "acme.v1.Billing/Charge", "acme.v1.Billing/Refund"
	if err := callSettings(nested).claimKey(charge); err != nil {
		t.Fatal(err)
	}
	if err := callSettings(ctx).claimKey(charge); err != nil {
		t.Errorf("the same call again: %v", err)
	}
	expectRefusal(t, callSettings(ctx).claimKey(refund), "idempotencyKey", refund)
	own := WithCall(ctx, WithIdempotencyKey("other"))
	if err := callSettings(own).claimKey(refund); err != nil {
		t.Errorf("a key of its own: %v", err)
	}
	off := WithCall(ctx, WithoutIdempotencyKey())
	if err := callSettings(off).claimKey(refund); err != nil {
		t.Errorf("no key: %v", err)
	}
}
