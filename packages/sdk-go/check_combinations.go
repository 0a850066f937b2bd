package ameide

// checkCombinations refuses options that hold each for itself, and cannot hold together. The error is CONFIG_INVALID,
// and names the option and what to do.
//
// options are the nearest of all layers, scheme is that of the base address.
func checkCombinations(options *clientOptions, scheme string) error {
	protocol := options.protocol.or(ProtocolConnect)
	switch {
	case protocol == ProtocolGRPC && options.httpVersion.value == HTTP1:
		return configError("httpVersion",
			"must be 2 for gRPC, whose answers end in trailers; leave it out, or speak grpc-web")
	case protocol != ProtocolConnect && options.httpGet.value:
		return configError("httpGet", "is for protocol connect: "+string(protocol)+" has no GET; leave it out")
	case scheme == "http" && statesTLS(options.tls.value):
		return configError("tls", "is for https, and the base address is http; leave one of them out")
	}
	return nil
}

// A configuration that says nothing is the system's.
func statesTLS(stated *tlsOptions) bool {
	if stated == nil || stated.source != nil {
		return stated != nil
	}
	config := stated.config
	return config != nil && (config.RootCAs != nil || len(config.Certificates) > 0 || config.GetClientCertificate != nil)
}

// httpVersionNegotiated is that of connections whose server picks it.
const httpVersionNegotiated HTTPVersion = "negotiated"

// httpVersionOf is the HTTP version of the connections we make.
func httpVersionOf(options *clientOptions, origin string) HTTPVersion {
	switch {
	case options.httpVersion.is:
		return options.httpVersion.value
	case options.protocol.value == ProtocolGRPC:
		return HTTP2
	case len(origin) > 6 && origin[:6] == "https:":
		return httpVersionNegotiated
	default:
		return HTTP1
	}
}
