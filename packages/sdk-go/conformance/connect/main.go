// A client under test for Connect's own conformance suite: `connect sdk`, or `connect raw` for the client of connect-go
// as it is. They differ in how a client is made and in nothing else.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	suite "github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1"
	"github.com/ameideio/ameide-sdk-go"
)

// Cases at once: most of a case is waiting, and deadlines of a few hundred milliseconds must hold.
const atOnce = 8

var ways = map[string]open{"raw": openRaw, "sdk": openSDK}

func main() {
	way := strings.Join(os.Args[1:min(len(os.Args), 2)], "")
	by := ways[way]
	if by == nil {
		fmt.Fprintln(os.Stderr, "usage: connect raw|sdk [--version]")
		os.Exit(2)
	}
	if os.Args[len(os.Args)-1] == "--version" {
		fmt.Println(versions(way))
		return
	}
	if err := serve(os.Stdin, os.Stdout, by); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func versions(way string) string {
	raw := fmt.Sprintf("connect-go %s, %s", connect.Version, runtime.Version())
	if way == "sdk" {
		return fmt.Sprintf("ameide-sdk-go %s, %s", ameide.Version, raw)
	}
	return raw
}

// serve answers the cases of the suite until its input ends.
func serve(input io.Reader, output io.Writer, by open) error {
	var (
		workers sync.WaitGroup
		writing sync.Mutex
		slots   = make(chan struct{}, atOnce)
	)
	defer workers.Wait()
	for {
		frame, err := readFrame(input)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		request := new(suite.ClientCompatRequest)
		if err := proto.Unmarshal(frame, request); err != nil {
			return err
		}
		slots <- struct{}{}
		workers.Go(func() {
			defer func() { <-slots }()
			encoded, err := proto.Marshal(answer(by, request))
			if err != nil {
				panic(err)
			}
			writing.Lock()
			defer writing.Unlock()
			if err := writeFrame(output, encoded); err != nil {
				panic(err)
			}
		})
	}
}

func answer(by open, request *suite.ClientCompatRequest) *suite.ClientCompatResponse {
	response := &suite.ClientCompatResponse{TestName: request.GetTestName()}
	fails := func(err error) *suite.ClientCompatResponse {
		response.Result = &suite.ClientCompatResponse_Error{Error: &suite.ClientErrorResult{Message: err.Error()}}
		return response
	}
	opened, err := by(request)
	if err != nil {
		return fails(err)
	}
	defer opened.close()
	result, err := makeCall(opened.client, request)
	if err != nil {
		return fails(err)
	}
	response.Result = &suite.ClientCompatResponse_Response{Response: result}
	return response
}
