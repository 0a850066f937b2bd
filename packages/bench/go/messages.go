package bench

import (
	inferencev1 "github.com/ameideio/ameide-core-proto-go/ameide/inference/v1"
	meterv1 "github.com/ameideio/ameide-core-proto-go/ameide/meter/v1"
)

// streamMessages is how many messages one stream has.
const streamMessages = 100

func usage() *meterv1.RecordUsageRequest {
	return &meterv1.RecordUsageRequest{TeamId: "search", AgentId: "a1", EventType: "completion", Model: "m1"}
}

func recorded() *meterv1.RecordUsageResponse {
	return &meterv1.RecordUsageResponse{
		Record: &meterv1.UsageRecord{Id: "r1", Usage: usage()},
	}
}

func question() *inferencev1.GenerateRequest { return &inferencev1.GenerateRequest{AgentId: "a1"} }

func someWords() *inferencev1.GenerateResponse {
	return &inferencev1.GenerateResponse{
		Event: &inferencev1.GenerateResponse_TokenDelta{TokenDelta: &inferencev1.TokenDelta{Text: "some words"}},
	}
}
