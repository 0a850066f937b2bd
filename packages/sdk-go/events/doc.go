// Package events makes and reads CloudEvents, what they carry, and feature flags. It makes no call.
//
//	event, err := events.NewCloudEvent(change, events.Attributes{
//		Source:   "/pipeline/activities",
//		Type:     "pipeline.changes.activity.create",
//		TenantID: "acme",
//	})
//
// [ReadCloudEvent] reads the JSON format of CloudEvents 1.0 and ProtoJSON, [UnpackChange] and [UnpackTapData] what is in
// an event. [LoadFeatureFlags] answers whether a feature is on for a subject, as every SDK does.
//
// Errors are an [Error] with a [Code] that is the same in every SDK: errors.Is(err, events.Missing).
package events
