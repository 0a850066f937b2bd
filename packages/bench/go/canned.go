package bench

import (
	"encoding/binary"
	"io"
	"net/http"

	"google.golang.org/protobuf/proto"
)

// A canned is an HTTP client that answers with canned bytes, and does as little as an HTTP client can: it takes the
// request's body, and makes a head and a body of its own for each answer, since whoever reads them may keep them.
type canned struct {
	contentType string
	body        []byte
	// Sees the headers of every request. For tests: what is measured is not watched.
	see func(http.Header)
}

// RoundTrip answers a request.
func (c *canned) RoundTrip(request *http.Request) (*http.Response, error) {
	if c.see != nil {
		c.see(request.Header)
	}
	if err := drain(request.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode:    http.StatusOK,
		ProtoMajor:    2,
		Header:        http.Header{"Content-Type": {c.contentType}},
		Body:          &cannedBody{left: c.body},
		ContentLength: int64(len(c.body)),
		Request:       request,
	}, nil
}

// Do answers a request of the bare client.
func (c *canned) Do(request *http.Request) (*http.Response, error) { return c.RoundTrip(request) }

func drain(body io.ReadCloser) error {
	// On the stack: what is read is not looked at.
	var space [512]byte
	for {
		if _, err := body.Read(space[:]); err == io.EOF {
			return body.Close()
		} else if err != nil {
			return err
		}
	}
}

type cannedBody struct {
	left []byte
}

func (b *cannedBody) Read(p []byte) (int, error) {
	if len(b.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

func (*cannedBody) Close() error { return nil }

// unaryAnswer answers with a message.
func unaryAnswer(message proto.Message) *canned {
	return &canned{contentType: "application/proto", body: encoded(message)}
}

const endStream = 0b10

// streamAnswer answers with messages of the Connect protocol, and its end.
func streamAnswer(message proto.Message, times int) *canned {
	var body []byte
	one := encoded(message)
	for range times {
		body = withEnvelope(body, 0, one)
	}
	return &canned{contentType: "application/connect+proto", body: withEnvelope(body, endStream, []byte("{}"))}
}

func withEnvelope(body []byte, flags byte, data []byte) []byte {
	body = binary.BigEndian.AppendUint32(append(body, flags), uint32(len(data)))
	return append(body, data...)
}

func encoded(message proto.Message) []byte {
	bytes, err := proto.Marshal(message)
	if err != nil {
		panic(err)
	}
	return bytes
}
