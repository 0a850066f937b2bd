package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	meterv1 "github.com/ameideio/ameide-core-proto-go/ameide/meter/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/meter/v1/meterv1connect"
)

// serverVariable makes this program the server of the loopback rows. It is a process of its own, or what it allocates
// would count.
const serverVariable = "BENCH_SERVER"

type meterServer struct {
	meterv1connect.UnimplementedMeterServiceHandler
}

// RecordUsage answers what all contestants are answered.
func (meterServer) RecordUsage(context.Context, *meterv1.RecordUsageRequest) (*meterv1.RecordUsageResponse, error) {
	return recorded(), nil
}

// serve serves Connect, gRPC and gRPC-Web over HTTP/1.1 and cleartext HTTP/2 at one loopback address. It prints the
// address, and returns when its input ends.
func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	mux := http.NewServeMux()
	mux.Handle(meterv1connect.NewMeterServiceHandler(meterServer{}))
	server := &http.Server{Handler: mux, Protocols: protocols}
	go func() { _ = server.Serve(listener) }()
	fmt.Println(listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return server.Close()
}

// startServer starts the server, which ends by stop or with this process.
func startServer() (address string, stop func(), err error) {
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serverVariable+"=1")
	server.Stderr = os.Stderr
	input, err := server.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	output, err := server.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = input.Close()
		_ = server.Wait()
	}
	address, err = bufio.NewReader(output).ReadString('\n')
	return strings.TrimSpace(address), stop, err
}
