package ameide

import (
	"net/url"
	"sync/atomic"
)

// An addressLimit is the longest address a client puts a message into, in characters. It is shared by all clients of
// an origin: a server or a proxy that refuses a shorter one is not asked for one as long again.
type addressLimit struct {
	maxLength atomic.Int64
}

func newAddressLimit(maxLength int64) *addressLimit {
	limit := &addressLimit{}
	limit.maxLength.Store(maxLength)
	return limit
}

// refuse notes that an address was too long.
func (l *addressLimit) refuse(length int64) {
	for {
		known := l.maxLength.Load()
		if known < length || l.maxLength.CompareAndSwap(known, length-1) {
			return
		}
	}
}

// A postedMessage is the message of a GET, for a POST (Connect protocol, "Unary-Get-Request").
type postedMessage struct {
	url  *url.URL
	body []byte
	// Headers that a GET has no need of.
	contentType, contentEncoding string
}

func toPost(get *url.URL) (postedMessage, error) {
	query := get.Query()
	posted := *get
	posted.RawQuery = ""
	message := postedMessage{
		url:             &posted,
		body:            []byte(query.Get("message")),
		contentType:     "application/" + query.Get("encoding"),
		contentEncoding: query.Get("compression"),
	}
	if !query.Has("base64") {
		return message, nil
	}
	var err error
	message.body, err = decodeBase64(query.Get("message"))
	return message, err
}
