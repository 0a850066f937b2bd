package main

import (
	suite "github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1/conformancev1connect"
	"github.com/ameideio/ameide-sdk-go"
)

var protocols = map[suite.Protocol]ameide.Protocol{
	suite.Protocol_PROTOCOL_CONNECT:  ameide.ProtocolConnect,
	suite.Protocol_PROTOCOL_GRPC:     ameide.ProtocolGRPC,
	suite.Protocol_PROTOCOL_GRPC_WEB: ameide.ProtocolGRPCWeb,
}

// openSDK makes the SDK's client with every policy neutral: one attempt, and no deadline but the case's.
func openSDK(request *suite.ClientCompatRequest) (*opened, error) {
	known, err := ask(request)
	if err != nil {
		return nil, err
	}
	options := []ameide.Option{
		ameide.AllowInsecureLoopback(), ameide.WithoutRetry(), ameide.NoDeadline(), ameide.WithoutTenant(),
		ameide.WithoutAuth(), ameide.WithoutTelemetry(), ameide.WithoutProxy(),
		ameide.WithProtocol(protocols[request.GetProtocol()]), ameide.WithHTTPGet(request.GetUseGetHttpMethod()),
	}
	if known.json {
		options = append(options, ameide.WithJSON())
	}
	if known.gzip {
		options = append(options, ameide.WithSendCompression(ameide.CompressionGzip), ameide.WithCompressMinBytes(0),
			ameide.WithAcceptCompression(ameide.CompressionGzip))
	}
	if known.readMaxBytes > 0 {
		options = append(options, ameide.WithReadMaxBytes(known.readMaxBytes))
	}
	if known.tls != nil {
		options = append(options, ameide.WithTLS(known.tls))
	}
	version := ameide.HTTP1
	if known.http2 {
		version = ameide.HTTP2
	}
	transport, err := ameide.NewTransport(known.baseURL, append(options, ameide.WithHTTPVersion(version))...)
	if err != nil {
		return nil, err
	}
	client := ameide.NewClient(transport, conformancev1connect.NewConformanceServiceClient)
	return &opened{client, transport.Close}, nil
}
