package ameide

import "net/http"

// answerMetadata is what a handler sends on that returns an error of ours: nothing of the answer, which was for this
// process, and, where the call was repeated, or might not be, the demand that the call above is not (gRPC A6,
// "Pushback"): three attempts on each of three tiers are 27 requests.
func answerMetadata(final bool) http.Header {
	if !final {
		return nil
	}
	return http.Header{"Grpc-Retry-Pushback-Ms": {"-1"}}
}
