package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	suite "github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1"
	"github.com/ameideio/ameide-conformance-proto-go/connectrpc/conformance/v1/conformancev1connect"
)

// An opened client is for one case; close ends its connections.
type opened struct {
	client conformancev1connect.ConformanceServiceClient
	close  func()
}

// open makes the client that a case asks for. The error says what cannot be made.
type open func(request *suite.ClientCompatRequest) (*opened, error)

// asked is what a case asks of a client.
type asked struct {
	baseURL string
	json    bool
	http2   bool
	gzip    bool
	// nil over plain http.
	tls *tls.Config
	// 0 for no limit of the case's.
	readMaxBytes int
}

// ask reads what a case asks of a client; the error says what there is not.
func ask(request *suite.ClientCompatRequest) (asked, error) {
	var known asked
	scheme := "http"
	if len(request.GetServerTlsCert()) > 0 {
		scheme = "https"
		material, err := tlsMaterial(request)
		if err != nil {
			return asked{}, err
		}
		known.tls = material
	}
	known.baseURL = fmt.Sprintf("%s://%s:%d", scheme, request.GetHost(), request.GetPort())
	known.readMaxBytes = int(request.GetMessageReceiveLimit())
	switch request.GetHttpVersion() {
	case suite.HTTPVersion_HTTP_VERSION_1:
	case suite.HTTPVersion_HTTP_VERSION_2:
		known.http2 = true
	default:
		return asked{}, unknown(request.GetHttpVersion())
	}
	switch request.GetCodec() {
	case suite.Codec_CODEC_PROTO:
	case suite.Codec_CODEC_JSON:
		known.json = true
	default:
		return asked{}, unknown(request.GetCodec())
	}
	switch request.GetCompression() {
	case suite.Compression_COMPRESSION_UNSPECIFIED, suite.Compression_COMPRESSION_IDENTITY:
	case suite.Compression_COMPRESSION_GZIP:
		known.gzip = true
	default:
		return asked{}, unknown(request.GetCompression())
	}
	return known, nil
}

func unknown(what fmt.Stringer) error { return fmt.Errorf("the client knows no %v", what) }

func tlsMaterial(request *suite.ClientCompatRequest) (*tls.Config, error) {
	material := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !material.RootCAs.AppendCertsFromPEM(request.GetServerTlsCert()) {
		return nil, errors.New("the case's authority is no certificate")
	}
	if own := request.GetClientTlsCreds(); own != nil {
		certificate, err := tls.X509KeyPair(own.GetCert(), own.GetKey())
		if err != nil {
			return nil, err
		}
		material.Certificates = []tls.Certificate{certificate}
	}
	return material, nil
}
