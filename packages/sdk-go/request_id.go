package ameide

import "strings"

const (
	requestIDRule      = "must be 1 to 128 visible ASCII characters"
	idempotencyKeyRule = "must be auto, off, or 1 to 255 printable ASCII"
)

// isRequestID reports whether a text may be sent as x-request-id: 1 to 128 visible ASCII.
func isRequestID(text string) bool {
	return len(text) >= 1 && len(text) <= 128 && isWithin(text, '!', '~')
}

// isIdempotencyKey reports whether a text may be sent as idempotency-key: 1 to 255 printable ASCII.
func isIdempotencyKey(text string) bool {
	return len(text) >= 1 && len(text) <= 255 && isWithin(text, ' ', '~') && strings.TrimSpace(text) == text
}

// isWithin reports whether every byte of a text lies between two, these included.
func isWithin(text string, lowest, highest byte) bool {
	for i := range len(text) {
		if text[i] < lowest || text[i] > highest {
			return false
		}
	}
	return true
}
