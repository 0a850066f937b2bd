package ameide_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/ameideio/ameide-sdk-go"
)

// ending answers each stream with its end alone.
type ending struct {
	flag byte
	end  string
}

func (e ending) RoundTrip(request *http.Request) (*http.Response, error) {
	_ = request.Body.Close()
	head := binary.BigEndian.AppendUint32([]byte{e.flag}, uint32(len(e.end)))
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {request.Header.Get("Content-Type")}},
		Body: io.NopCloser(io.MultiReader(bytes.NewReader(head), strings.NewReader(e.end))), Request: request, ProtoMajor: 2,
	}, nil
}

// allocatedBy is how much reading a stream to that end allocates, in bytes, and what it ends with.
func allocatedBy(t *testing.T, protocol ameide.Protocol, answer ending) (uint64, error) {
	t.Helper()
	transport, err := ameide.NewTransport("https://api.test",
		ameide.WithRoundTripper(answer), ameide.WithProtocol(protocol), ameide.WithoutRetry())
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	client := parrotOver(transport, transport, "/acme.v1.Parrot/Tell")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stream, err := client.CallServerStream(t.Context(), connect.NewRequest(wrapperspb.String("")))
	if err == nil {
		for stream.Receive() {
			t.Error("the stream has a message")
		}
		err = stream.Err()
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

// Whatever a server writes into the end of a stream, to read ten times as much takes some ten times as much.
func TestEndOfAStreamIsReadInProportion(t *testing.T) {
	repeated := func(format, between string, times int) string {
		each := make([]string, times)
		for i := range each {
			each[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(each, between)
	}
	const failed, good = `{"error":{"code":"internal"},"metadata":{%s}}`, `{"metadata":{%s}}`
	for _, each := range []struct {
		name     string
		protocol ameide.Protocol
		flag     byte
		end      func(times int) string
		code     connect.Code
	}{
		{"names that are none, with an error", ameide.ProtocolConnect, 0b10, func(times int) string {
			return fmt.Sprintf(failed, repeated(`"no name %d":["v"]`, ",", times))
		}, connect.CodeInternal},
		{"values that are none, with an error", ameide.ProtocolConnect, 0b10, func(times int) string {
			return fmt.Sprintf(failed, `"n":[`+repeated(`"\u0000%d"`, ",", times)+`]`)
		}, connect.CodeInternal},
		{"names with an error", ameide.ProtocolConnect, 0b10, func(times int) string {
			return fmt.Sprintf(failed, repeated(`"name-%d":["v"]`, ",", times))
		}, connect.CodeInternal},
		{"values of one name", ameide.ProtocolConnect, 0b10, func(times int) string {
			return fmt.Sprintf(good, `"n":[`+repeated(`"%d"`, ",", times)+`]`)
		}, 0},
		{"names", ameide.ProtocolConnect, 0b10, func(times int) string {
			return fmt.Sprintf(good, repeated(`"name-%d":["v"]`, ",", times))
		}, 0},
		{"trailers that are none, with an error", ameide.ProtocolGRPCWeb, 0b1000_0000, func(times int) string {
			return "grpc-status: 13\r\n" + repeated("no name %d: v\r\n", "", times)
		}, connect.CodeInternal},
		{"trailers with an error", ameide.ProtocolGRPCWeb, 0b1000_0000, func(times int) string {
			return "grpc-status: 13\r\n" + repeated("name-%d: v\r\n", "", times)
		}, connect.CodeInternal},
		{"trailers of one name", ameide.ProtocolGRPCWeb, 0b1000_0000, func(times int) string {
			return "grpc-status: 0\r\n" + repeated("n: %d\r\n", "", times)
		}, 0},
	} {
		t.Run(each.name, func(t *testing.T) {
			const few, many = 100, 1_000
			read := func(times int) uint64 {
				allocated, err := allocatedBy(t, each.protocol, ending{each.flag, each.end(times)})
				if err == nil && each.code != 0 || err != nil && connect.CodeOf(err) != each.code {
					t.Errorf("it ends with %v", err)
				}
				return allocated
			}
			// The first call fills what is pooled.
			read(few)
			if little, much := read(few), read(many); much > 20*little {
				t.Errorf("%d bytes are allocated for %d, and %d for %d", little, few, much, many)
			}
		})
	}
}

// One that is too large is not read.
func TestEndOfAStreamIsBounded(t *testing.T) {
	large := `{"metadata":{"n":["` + strings.Repeat("v", 5<<20) + `"]}}`
	allocated, err := allocatedBy(t, ameide.ProtocolConnect, ending{0b10, large})
	if connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("it ends with %v", err)
	}
	if allocated > 1<<20 {
		t.Errorf("%d bytes are allocated", allocated)
	}
}
