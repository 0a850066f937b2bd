package ameide

import (
	"runtime"
	"strings"

	"connectrpc.com/connect"
)

// Version of this module; stamped by the release.
const Version = "0.0.0"

// userAgent is the user-agent header: product tokens (RFC 9110, section 10.1.5), at most maxBytes long; what is longer
// is cut.
func userAgent(maxBytes int64, appName string) string {
	products := []string{
		"ameide-sdk-go/" + Version,
		"connect-go/" + connect.Version,
		"go/" + strings.TrimPrefix(strings.Fields(runtime.Version())[0], "go"),
		"(" + runtime.GOOS + "; " + runtime.GOARCH + ")",
	}
	if appName != "" {
		products = append(products, appName)
	}
	whole := strings.Join(products, " ")
	return strings.TrimRight(whole[:min(int64(len(whole)), maxBytes)], " ")
}
