// Package uuid makes the ids of requests, keys and events.
package uuid

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// RandomBytes fills a slice with random bytes.
func RandomBytes(bytes []byte) {
	// It never fails: the program ends if there is no randomness.
	_, _ = rand.Read(bytes)
}

// Bytes that a function fills escape; two ids are made for each call.
var idBytes = sync.Pool{New: func() any { return new([16]byte) }}

// V7 is a UUIDv7 (RFC 9562, section 5.7), lower-case: 48 bits of epoch milliseconds, the rest random. Ids sort by
// the time they were made.
func V7(now time.Time, fill func([]byte)) string {
	bytes := idBytes.Get().(*[16]byte)
	defer idBytes.Put(bytes)
	fill(bytes[:])
	ms := now.UnixMilli()
	for i := range 6 {
		bytes[i] = byte(ms >> (8 * (5 - i)))
	}
	return format(bytes, 7)
}

// V4 is a UUIDv4 (RFC 9562, section 5.4), lower-case: random.
func V4(fill func([]byte)) string {
	bytes := idBytes.Get().(*[16]byte)
	defer idBytes.Put(bytes)
	fill(bytes[:])
	return format(bytes, 4)
}

func format(bytes *[16]byte, version byte) string {
	bytes[6] = bytes[6]&0x0f | version<<4
	bytes[8] = bytes[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], bytes[0:4])
	hex.Encode(text[9:13], bytes[4:6])
	hex.Encode(text[14:18], bytes[6:8])
	hex.Encode(text[19:23], bytes[8:10])
	hex.Encode(text[24:36], bytes[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
