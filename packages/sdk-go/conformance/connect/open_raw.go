package main

import (
	"net/http"

	"connectrpc.com/connect"

	suite "github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1/conformancev1connect"
)

// openRaw makes the client of connect-go over net/http, as they are.
func openRaw(request *suite.ClientCompatRequest) (*opened, error) {
	known, err := ask(request)
	if err != nil {
		return nil, err
	}
	var options []connect.ClientOption
	switch request.GetProtocol() {
	case suite.Protocol_PROTOCOL_GRPC:
		options = append(options, connect.WithGRPC())
	case suite.Protocol_PROTOCOL_GRPC_WEB:
		options = append(options, connect.WithGRPCWeb())
	}
	if known.json {
		options = append(options, connect.WithProtoJSON())
	}
	if known.gzip {
		options = append(options, connect.WithSendGzip())
	} else {
		options = append(options, connect.WithAcceptCompression("gzip", nil, nil))
	}
	if known.readMaxBytes > 0 {
		options = append(options, connect.WithReadMaxBytes(known.readMaxBytes))
	}
	if request.GetUseGetHttpMethod() {
		options = append(options, connect.WithHTTPGet())
	}
	versions := new(http.Protocols)
	versions.SetHTTP1(!known.http2)
	versions.SetHTTP2(known.http2)
	versions.SetUnencryptedHTTP2(known.http2)
	transport := &http.Transport{DisableCompression: true, TLSClientConfig: known.tls, Protocols: versions}
	client := conformancev1connect.NewConformanceServiceClient(&http.Client{Transport: transport}, known.baseURL, options...)
	return &opened{client, transport.CloseIdleConnections}, nil
}
