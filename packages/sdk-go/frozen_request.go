package ameide

import (
	"io"
	"net/http"
	"net/url"
)

// A frozenRequest is the request of attempt 1, replayed byte for byte by the others. It has no url before that.
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
func (f *frozenRequest) freeze(request *http.Request, limit *addressLimit, mayGet bool) error {
	f.url, f.method = request.URL, request.Method
	if request.Method == http.MethodGet {
		if mayGet && f.length() <= limit.maxLength.Load() {
			return nil
		}
		return f.post()
	}
	f.contentEncoding = request.Header.Get("Content-Encoding")
	f.body = make([]byte, max(0, request.ContentLength))
	_, err := io.ReadFull(request.Body, f.body)
	return err
}

func (f *frozenRequest) length() int64 { return int64(len(f.url.String())) }

// post makes a POST of a GET.
func (f *frozenRequest) post() error {
	posted, err := toPost(f.url)
	if err != nil {
		return err
	}
	f.url, f.method = posted.url, http.MethodPost
	f.body, f.contentEncoding, f.contentType = posted.body, posted.contentEncoding, posted.contentType
	return nil
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
