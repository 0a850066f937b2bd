package ameide

import (
	"crypto/tls"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

func settingsFor(t *testing.T, origin string, options ...Option) connectionSettings {
	t.Helper()
	made, err := connectionSettingsOf(optionsOf(options...), origin, policy.Behavior1())
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestConnectionSettingsByDefault(t *testing.T) {
	made := settingsFor(t, "https://api.test")
	want := connectionSettings{
		origin: "https://api.test", version: httpVersionNegotiated, connectTimeout: 10 * time.Second, maxConnections: 256,
		keepAlive: keepAlive{interval: 20 * time.Second, timeout: 10 * time.Second}, maxHTTP2Connections: 10,
	}
	if made != want {
		t.Errorf("%+v", made)
	}
}

func TestHTTPVersions(t *testing.T) {
	for _, each := range []struct {
		origin  string
		options []Option
		version HTTPVersion
	}{
		{"http://localhost", nil, HTTP1},
		{"http://localhost", []Option{WithProtocol(ProtocolGRPC)}, HTTP2},
		{"https://api.test", []Option{WithProtocol(ProtocolGRPCWeb)}, httpVersionNegotiated},
		{"https://api.test", []Option{WithHTTPVersion(HTTP1)}, HTTP1},
	} {
		if made := settingsFor(t, each.origin, each.options...); made.version != each.version {
			t.Errorf("%s: %s, and not %s", each.origin, made.version, each.version)
		}
	}
}

// Clients of a family share connections where these are equal.
func TestWhoSharesConnections(t *testing.T) {
	material := WithTLS(&tls.Config{MinVersion: tls.VersionTLS13})
	same := settingsFor(t, "https://api.test", material, WithTenant("a"))
	if same != settingsFor(t, "https://api.test", WithTenant("b"), material) {
		t.Error("another tenant has connections of its own")
	}
	for _, other := range []connectionSettings{
		settingsFor(t, "https://other.test", material),
		settingsFor(t, "https://api.test"),
		settingsFor(t, "https://api.test", WithTLS(&tls.Config{MinVersion: tls.VersionTLS13})),
		settingsFor(t, "https://api.test", material, WithoutKeepAlive()),
		settingsFor(t, "https://api.test", material, WithMaxConnectionAge(time.Hour)),
		settingsFor(t, "https://api.test", material, WithProxy("http://127.0.0.1:3128")),
	} {
		if other == same {
			t.Errorf("%+v shares the connections of another", other)
		}
	}
}

func TestProxyOf(t *testing.T) {
	if made := settingsFor(t, "https://api.test", WithProxy("http://me:s3cret@proxy.test:3128/")); made.proxy == "" {
		t.Error("the option is not heard")
	}
	if made := settingsFor(t, "https://api.test", WithoutProxy()); made.proxy != "" {
		t.Error(made.proxy)
	}
	if shown := shownProxy("http://me:s3cret@proxy.test:3128/"); shown != "http://proxy.test:3128" {
		t.Error(shown)
	}
}

func TestExplainedConnections(t *testing.T) {
	transport, err := NewTransport("https://api.test", WithConnectTimeout(3*time.Second), WithoutKeepAlive(),
		WithProxy("http://me:s3cret@proxy.test:3128"))
	if err != nil {
		t.Fatal(err)
	}
	explanation, err := transport.Explain("/grpc.health.v1.Health/Check")
	expectRefusal(t, err, "procedure", "stubs are imported")
	if explanation != nil {
		t.Error("a method is explained that is not known")
	}
	explanation, err = transport.Explain(listThreads)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, each := range explanation.Values {
		value, err := json.Marshal(each.Value)
		if err != nil {
			t.Fatal(err)
		}
		got[each.Name] = string(value) + " " + each.Source
	}
	for name, want := range map[string]string{
		"httpVersion":        `"negotiated" built-in (behavior 1)`,
		"connectTimeoutMs":   "3000 code: client",
		"keepAlive":          "false code: client",
		"maxConnectionAgeMs": "null built-in (behavior 1)",
		"proxy":              `"http://proxy.test:3128" code: client`,
	} {
		if got[name] != want {
			t.Errorf("%s is %s, and not %s", name, got[name], want)
		}
	}
	if strings.Contains(explanation.String(), "s3cret") {
		t.Error("the explanation tells the credential of the proxy")
	}
}

func TestLoopbackIsNotReachedOverAProxyElsewhere(t *testing.T) {
	for origin, reached := range map[string]bool{
		"http://127.0.0.1:8080": false, "http://[::1]:8080": false, "http://localhost": false, "https://a.localhost": false,
		"https://api.test": true,
	} {
		made := settingsFor(t, origin, WithProxy("http://proxy.test:3128"))
		if (made.proxy != "") != reached {
			t.Errorf("%s: over %q", origin, made.proxy)
		}
		if made := settingsFor(t, origin, WithProxy("http://127.0.0.1:3128")); made.proxy == "" {
			t.Errorf("%s: not over a proxy of this machine", origin)
		}
	}
}
