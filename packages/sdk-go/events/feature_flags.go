package events

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"

	configv1 "github.com/ameideio/ameide-core-proto-go/ameide/config/v1"
)

// The version of the snapshot's format that is known.
const schemaVersion = 1

// FeatureFlags are those of an environment. Many goroutines may ask them.
type FeatureFlags struct {
	percents map[string]int32
}

// LoadFeatureFlags takes a snapshot of feature flags. Later changes of the message change nothing.
//
// It fails with Nil, Unsupported for another version of its schema, Missing if a flag has no key, or Invalid if two have
// one key or a percentage is not 0 to 100.
func LoadFeatureFlags(snapshot *configv1.FeatureFlagSnapshot) (*FeatureFlags, error) {
	if snapshot == nil {
		return nil, newError(Nil, "snapshot", "is not given", nil)
	}
	if snapshot.GetSchemaVersion() != schemaVersion {
		return nil, newError(Unsupported, "schema_version", fmt.Sprintf("must be %d", schemaVersion), nil)
	}
	percents := make(map[string]int32, len(snapshot.GetFlags()))
	for _, flag := range snapshot.GetFlags() {
		key, percent := flag.GetKey(), flag.GetRolloutPercent()
		if key == "" {
			return nil, newError(Missing, "flags.key", "must not be empty", nil)
		}
		if _, found := percents[key]; found {
			return nil, newError(Invalid, "flags.key", "is that of two flags", nil)
		}
		if percent < 0 || percent > 100 {
			return nil, newError(Invalid, "flags.rollout_percent", "must be 0 to 100", nil)
		}
		percents[key] = 0
		if flag.GetEnabled() {
			percents[key] = percent
		}
	}
	return &FeatureFlags{percents}, nil
}

// ParseFeatureFlags reads a snapshot of feature flags from ProtoJSON. Fields that are not known are ignored: the version
// of the schema says whether a reader understands it.
//
// It fails as [LoadFeatureFlags] does, and with TooLarge.
func ParseFeatureFlags(text []byte, options ...CodecOption) (*FeatureFlags, error) {
	c := codecOf(options)
	if err := checkJSON("snapshot", text, c.maxBytes); err != nil {
		return nil, err
	}
	snapshot := &configv1.FeatureFlagSnapshot{}
	if err := c.decode("snapshot", text, snapshot, protojson.UnmarshalOptions{DiscardUnknown: true}); err != nil {
		return nil, err
	}
	return LoadFeatureFlags(snapshot)
}

// Keys are those of all flags, sorted.
func (f *FeatureFlags) Keys() []string {
	return slices.Sorted(maps.Keys(f.percents))
}

// IsEnabled reports whether a feature is on for a subject, such as a user's id: never if its flag is disabled; else for
// the part of all subjects that its percentage says, always the same ones. fallback is the answer if there is no such
// flag. An empty subject is a subject, too.
func (f *FeatureFlags) IsEnabled(key, subject string, fallback bool) bool {
	percent, found := f.percents[key]
	if !found {
		return fallback
	}
	return isWithin(key, subject, percent)
}
