package events

import (
	"crypto/sha256"
	"encoding/binary"
)

// The parts that subjects are spread over: a hundredth of a percent each.
const buckets = 10_000

// RolloutBucket is the bucket of a subject, 0 to 9999, the same in every SDK: the first four bytes of the SHA-256 of key,
// a zero byte and subject in UTF-8, as a big-endian number, modulo 10 000.
//
// Texts are not normalized: é composed and é decomposed are two subjects.
func RolloutBucket(key, subject string) int {
	digest := sha256.Sum256([]byte(key + "\x00" + subject))
	return int(binary.BigEndian.Uint32(digest[:]) % buckets)
}

// isWithin reports whether a feature that is on for a percentage is on for a subject. Raised, the percentage turns it off
// for nobody.
func isWithin(key, subject string, percent int32) bool {
	return RolloutBucket(key, subject) < int(percent)*buckets/100
}
