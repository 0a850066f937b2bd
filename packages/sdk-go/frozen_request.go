package ameide

import (
	"io"
	"net/http"
	"net/url"
)

// A frozenRequest is the request of attempt 1, replayed byte for byte by the others.
type frozenRequest struct {
	url    *url.URL
	method string
	// The encoding of the body, which holds for all attempts; empty for none.
	contentEncoding string
	// The whole body; nil for a GET.
	body []byte
	// Where it is a POST that was a GET: the type of its body.
	contentType string
}

// freeze keeps the request of attempt 1. A GET whose address is too long, or that is not to be one, becomes a POST.
func freeze(request *http.Request, limit *addressLimit, mayGet bool) (*frozenRequest, error) {
	frozen := &frozenRequest{url: request.URL, method: request.Method}
	if request.Method == http.MethodGet {
		if mayGet && frozen.length() <= limit.maxLength.Load() {
			return frozen, nil
		}
		return frozen.asPost()
	}
	frozen.contentEncoding = request.Header.Get("Content-Encoding")
	frozen.body = make([]byte, max(0, request.ContentLength))
	_, err := io.ReadFull(request.Body, frozen.body)
	return frozen, err
}

func (f *frozenRequest) length() int64 { return int64(len(f.url.String())) }

func (f *frozenRequest) asPost() (*frozenRequest, error) {
	posted, err := toPost(f.url)
	return &frozenRequest{
		url:             posted.url,
		method:          http.MethodPost,
		contentEncoding: posted.contentEncoding,
		body:            posted.body,
		contentType:     posted.contentType,
	}, err
}

// writeHeaders writes what its body says of itself.
func (f *frozenRequest) writeHeaders(header http.Header) {
	if f.contentEncoding == "" {
		delete(header, "Content-Encoding")
	} else {
		header["Content-Encoding"] = []string{f.contentEncoding}
	}
	if f.contentType != "" {
		header["Content-Type"] = []string{f.contentType}
		header["Connect-Protocol-Version"] = []string{"1"}
	}
}
