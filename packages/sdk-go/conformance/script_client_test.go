package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1/conformancev1connect"
)

// protocols has what raw clients of Connect are made with, by name.
var protocols = map[string][]connect.ClientOption{
	"connect":       nil,
	"connect json":  {connect.WithProtoJSON()},
	"grpc":          {connect.WithGRPC()},
	"grpc json":     {connect.WithGRPC(), connect.WithProtoJSON()},
	"grpc-web":      {connect.WithGRPCWeb()},
	"grpc-web json": {connect.WithGRPCWeb(), connect.WithProtoJSON()},
}

type rawCase struct {
	*testing.T
	conformancev1connect.ConformanceServiceClient
	script *scriptClient
}

// inEachProtocol plays answers to a raw client of Connect, on a virtual clock.
func inEachProtocol(t *testing.T, answers []*pb.Answer, check func(rawCase)) {
	t.Helper()
	for name, options := range protocols {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := newScriptClient(&pb.Script{Answers: answers})
				client := conformancev1connect.NewConformanceServiceClient(
					&http.Client{Transport: script}, "https://memory.test", options...)
				check(rawCase{t, client, script})
			})
		})
	}
}

func ok(text string) *pb.Answer { return &pb.Answer{Action: &pb.Answer_Ok{Ok: text}} }

func failing(answer *pb.ErrorAnswer) *pb.Answer {
	return &pb.Answer{Action: &pb.Answer_Error{Error: answer}}
}

func streaming(answer *pb.StreamAnswer) *pb.Answer {
	return &pb.Answer{Action: &pb.Answer_Stream{Stream: answer}}
}

func TestAnswersAfterItsDelay(t *testing.T) {
	answer := ok("hello")
	answer.DelayMs = 250
	inEachProtocol(t, []*pb.Answer{answer}, func(c rawCase) {
		began := time.Now()
		response, err := c.Idempotent(c.Context(), &pb.ConformanceRequest{Text: "hi"})
		if err != nil || response.GetText() != "hello" {
			c.Fatalf("got %v, %v", response, err)
		}
		if took := time.Since(began); took != 250*time.Millisecond {
			c.Errorf("took %v", took)
		}
		seen := c.script.requests()
		if len(seen) != 1 || seen[0].GetCanceled() || len(seen[0].GetBodySha256()) != 64 {
			c.Errorf("saw %v", seen)
		}
	})
}

func TestFailsAsTheProtocolHasIt(t *testing.T) {
	answer := failing(&pb.ErrorAnswer{
		Code:        "resource_exhausted",
		Message:     "voilà: 100%",
		RetryInfoMs: new(int64),
		ErrorInfo:   &pb.ErrorInfo{Reason: "QUOTA", Domain: "test"},
	})
	inEachProtocol(t, []*pb.Answer{answer}, func(c rawCase) {
		_, err := c.Idempotent(c.Context(), &pb.ConformanceRequest{})
		var failure *connect.Error
		if !errors.As(err, &failure) || failure.Code() != connect.CodeResourceExhausted ||
			failure.Message() != "voilà: 100%" || len(failure.Details()) != 2 {
			c.Fatalf("got %v", err)
		}
		info, err := failure.Details()[1].Value()
		if err != nil || info.(*errdetails.ErrorInfo).GetReason() != "QUOTA" {
			c.Errorf("got %v, %v", info, err)
		}
	})
}

func TestMalformsOnePartOfAnError(t *testing.T) {
	for _, malformed := range []pb.Malformed{
		pb.Malformed_MALFORMED_MESSAGE, pb.Malformed_MALFORMED_DETAILS,
	} {
		answer := failing(&pb.ErrorAnswer{Code: "aborted", Message: "down", Malformed: malformed})
		inEachProtocol(t, []*pb.Answer{answer}, func(c rawCase) {
			_, err := c.Idempotent(c.Context(), &pb.ConformanceRequest{})
			if err == nil || strings.HasSuffix(err.Error(), "aborted: down") {
				c.Errorf("%v: got %v", malformed, err)
			}
		})
	}
}

func TestStreamsMessagesAndTrailers(t *testing.T) {
	answer := streaming(&pb.StreamAnswer{
		Messages:   []*pb.StreamMessage{{Text: "one"}, {Text: "two", DelayMs: 100}},
		EndDelayMs: 50,
	})
	answer.Headers = []*pb.Header{{Name: "x-head", Value: "a"}, {Name: "x-head", Value: "b"}}
	answer.Trailers = []*pb.Header{{Name: "x-tail", Value: "z"}}
	inEachProtocol(t, []*pb.Answer{answer}, func(c rawCase) {
		began := time.Now()
		stream, err := c.ServerStreamIdempotent(c.Context(), &pb.ConformanceRequest{})
		if err != nil {
			c.Fatal(err)
		}
		var texts []string
		for stream.Receive() {
			texts = append(texts, stream.Msg().GetText())
		}
		if stream.Err() != nil || strings.Join(texts, " ") != "one two" {
			c.Errorf("got %q, %v", texts, stream.Err())
		}
		if values := stream.ResponseHeader().Values("x-head"); len(values) != 2 {
			c.Errorf("got the headers %q", values)
		}
		if value := stream.ResponseTrailer().Get("x-tail"); value != "z" {
			c.Errorf("got the trailer %q", value)
		}
		if took := time.Since(began); took != 150*time.Millisecond {
			c.Errorf("took %v", took)
		}
	})
}

func TestEndsStreamsAsNoProtocolDoes(t *testing.T) {
	for _, end := range []pb.StreamEnd{
		pb.StreamEnd_STREAM_END_GARBAGE,
		pb.StreamEnd_STREAM_END_HALF_ENVELOPE,
		pb.StreamEnd_STREAM_END_MISSING,
		pb.StreamEnd_STREAM_END_RESET,
		pb.StreamEnd_STREAM_END_REFUSED_STREAM,
	} {
		answer := streaming(&pb.StreamAnswer{Messages: []*pb.StreamMessage{{Text: "one"}}, End: end})
		inEachProtocol(t, []*pb.Answer{answer}, func(c rawCase) {
			stream, err := c.ServerStreamIdempotent(c.Context(), &pb.ConformanceRequest{})
			if err != nil {
				c.Fatal(err)
			}
			defer stream.Close()
			if !stream.Receive() || stream.Receive() {
				c.Errorf("%v: got another number of messages than one", end)
			}
			if stream.Err() == nil {
				c.Errorf("%v: ended well", end)
			}
		})
	}
}

func TestIsLeftByTheCaller(t *testing.T) {
	stalled := &pb.Answer{Action: &pb.Answer_Stall{Stall: true}}
	half := ok("a long answer")
	half.Cut = pb.Cut_CUT_STALL_HALF
	inEachProtocol(t, []*pb.Answer{stalled, half}, func(c rawCase) {
		for i := range 2 {
			began := time.Now()
			ctx, cancel := context.WithTimeout(c.Context(), 400*time.Millisecond)
			_, err := c.Idempotent(ctx, &pb.ConformanceRequest{})
			cancel()
			if connect.CodeOf(err) != connect.CodeDeadlineExceeded {
				c.Errorf("got %v", err)
			}
			if took := time.Since(began); took != 400*time.Millisecond {
				c.Errorf("took %v", took)
			}
			synctest.Wait()
			if !c.script.requests()[i].GetCanceled() {
				c.Errorf("request %d was not canceled", i+1)
			}
		}
	})
}

func TestReadsStreamsOfTheCaller(t *testing.T) {
	inEachProtocol(t, []*pb.Answer{ok("both")}, func(c rawCase) {
		stream, err := c.ClientStreamIdempotent(c.Context())
		if err != nil {
			c.Fatal(err)
		}
		for _, text := range []string{"one", "two"} {
			if err := stream.Send(&pb.ConformanceRequest{Text: text}); err != nil {
				c.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		response, err := stream.CloseAndReceive()
		if err != nil || response.GetText() != "both" {
			c.Fatalf("got %v, %v", response, err)
		}
		if body := c.script.requests()[0].GetBody(); !bytes.Contains(body, []byte("two")) {
			c.Errorf("saw %q", body)
		}
	})
}

func TestAnswersBidiStreamsEarly(t *testing.T) {
	answer := streaming(&pb.StreamAnswer{Messages: []*pb.StreamMessage{{Text: "one"}}, Early: true})
	inEachProtocol(t, []*pb.Answer{answer}, func(c rawCase) {
		stream, err := c.BidiStreamIdempotent(c.Context())
		if err != nil {
			c.Fatal(err)
		}
		if err := stream.Send(&pb.ConformanceRequest{Text: "first"}); err != nil {
			c.Fatal(err)
		}
		if message, err := stream.Receive(); err != nil || message.GetText() != "one" {
			c.Errorf("got %v, %v", message, err)
		}
		if _, err := stream.Receive(); !errors.Is(err, io.EOF) {
			c.Errorf("got %v", err)
		}
		stream.CloseRequest()
		stream.CloseResponse()
	})
}

// countedReader counts how often it is read.
type countedReader struct {
	io.Reader
	reads int
}

func (r *countedReader) Read(into []byte) (int, error) {
	r.reads++
	return r.Reader.Read(into)
}

func TestReadsLaterWhatItRefused(t *testing.T) {
	refused := &pb.Answer{Action: &pb.Answer_Break{Break: pb.Break_BREAK_REFUSED}}
	script := newScriptClient(&pb.Script{Answers: []*pb.Answer{refused, ok("done")}})
	for i, isRead := range []bool{false, true} {
		body := &countedReader{Reader: strings.NewReader("the same")}
		request, err := http.NewRequest(http.MethodPost, "https://memory.test/", body)
		if err != nil {
			t.Fatal(err)
		}
		request.ContentLength = int64(len("the same"))
		_, err = script.RoundTrip(request)
		if isRead != (err == nil) || isRead != (body.reads > 0) {
			t.Errorf("request %d was read %d times: %v", i+1, body.reads, err)
		}
	}
	seen := script.requests()
	if seen[0].GetBodySha256() != seen[1].GetBodySha256() {
		t.Errorf("saw %v", seen)
	}
}

func TestSaysThatTheScriptRanOut(t *testing.T) {
	inEachProtocol(t, nil, func(c rawCase) {
		if _, err := c.Idempotent(c.Context(), &pb.ConformanceRequest{}); err == nil {
			c.Error("it answered")
		}
	})
}
