package events_test

import (
	"fmt"
	"slices"
	"testing"

	configv1 "github.com/ameideio/ameide-core-proto-go/ameide/config/v1"

	"github.com/ameideio/ameide-sdk-go/events"
)

func TestSnapshots(t *testing.T) {
	for _, v := range readVectors(t).FeatureFlags.Snapshots {
		t.Run(v.Name, func(t *testing.T) {
			flags, err := events.ParseFeatureFlags(v.text())
			if v.Error != nil {
				expectFault(t, err, *v.Error)
				return
			}
			if err != nil || !slices.Equal(flags.Keys(), v.Keys) {
				t.Errorf("%v: %v", err, flags.Keys())
			}
		})
	}
	_, err := events.LoadFeatureFlags(nil)
	expectFault(t, err, fault{"nil", "snapshot"})
}

const key = "search.hybrid"

func flagsOf(t *testing.T, enabled bool, percent int32) *events.FeatureFlags {
	t.Helper()
	snapshot := &configv1.FeatureFlagSnapshot{
		SchemaVersion: 1,
		Flags:         []*configv1.FeatureFlag{{Key: key, Enabled: enabled, RolloutPercent: percent}},
	}
	flags, err := events.LoadFeatureFlags(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	// What became of the message is nothing to the flags.
	snapshot.Flags[0].Enabled = !enabled
	return flags
}

func TestStates(t *testing.T) {
	for _, state := range readVectors(t).FeatureFlags.States {
		flags := flagsOf(t, state.Enabled, state.RolloutPercent)
		for i := range 1_000 {
			if flags.IsEnabled(key, fmt.Sprint("user-", i), !state.On) != state.On {
				t.Fatalf("%+v: not of user-%d", state, i)
			}
		}
	}
}

func TestUnknownFlag(t *testing.T) {
	flags := flagsOf(t, true, 100)
	if flags.IsEnabled("other", "ada", false) || !flags.IsEnabled("other", "ada", true) {
		t.Error("it has not the answer that was given")
	}
}

func TestBuckets(t *testing.T) {
	for _, want := range readVectors(t).FeatureFlags.Buckets {
		if got := events.RolloutBucket(want.Key, want.Subject); got != want.Bucket {
			t.Errorf("%s of %q: %d, want %d", want.Key, want.Subject, got, want.Bucket)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, want := range readVectors(t).FeatureFlags.Spread.On {
		flags := flagsOf(t, true, want.Percent)
		on := 0
		for i := range 10_000 {
			if flags.IsEnabled(key, fmt.Sprint("user-", i), false) {
				on++
			}
		}
		if on != want.On || max(on, int(want.Percent)*100)-min(on, int(want.Percent)*100) > 200 {
			t.Errorf("%d %%: on for %d, want %d", want.Percent, on, want.On)
		}
	}
}

func TestRaiseTurnsOffNobody(t *testing.T) {
	for i := range 100 {
		subject, was := fmt.Sprint("user-", i), false
		for percent := range int32(101) {
			is := flagsOf(t, true, percent).IsEnabled(key, subject, false)
			if was && !is {
				t.Fatalf("%s is off at %d %%", subject, percent)
			}
			was = is
		}
	}
}
