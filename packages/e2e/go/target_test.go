package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

const (
	tenant = "acme"
	token  = "token-of-the-suite"
)

// A target is the server that the suite calls.
type target struct {
	// baseURL is empty where the environment says it.
	baseURL string
	options []ameide.Option
	// roundTripper reaches it, for a test to stand in front of.
	roundTripper http.RoundTripper
	// inMemory says that every client has to use roundTripper.
	inMemory bool
	close    func()
}

func openTarget(mode ameidetest.IntegrationMode) (*target, error) {
	switch mode {
	case ameidetest.Local:
		return startProcess()
	case ameidetest.Cluster:
		options, err := clusterOptions(os.Getenv)
		return &target{options: options, roundTripper: http.DefaultTransport, close: func() {}}, err
	default:
		threads := &memoryThreads{threads: map[string]*threadsv1.Thread{}, created: map[string]string{}}
		return &target{
			baseURL:      ameidetest.BaseURL,
			options:      credentials(),
			roundTripper: ameidetest.NewRoundTripper(threads.handler(token, tenant)),
			inMemory:     true,
			close:        func() {},
		}, nil
	}
}

func credentials() []ameide.Option {
	return []ameide.Option{ameide.WithTenant(tenant), ameide.WithAuth(ameide.BearerToken(token))}
}

func startProcess() (*target, error) {
	program := "../node_modules/@ameideio/reference-server/bin/ameide-reference-server.js"
	server := exec.Command("node", program, "--token", token+"="+tenant, "--end-with-stdin")
	server.Stderr = os.Stderr
	stdin, err := server.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	stop := func() {
		_ = stdin.Close()
		_ = server.Wait()
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	var said struct{ URL string }
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("the reference server did not say its address: %w", err)
	}
	return &target{
		baseURL:      said.URL,
		options:      append(credentials(), ameide.AllowInsecureLoopback()),
		roundTripper: http.DefaultTransport,
		close:        stop,
	}, nil
}

var nameForTests = regexp.MustCompile(`(?:^|\.)(?:test|example|invalid)$`)

// clusterOptions are those for the cluster that an environment names. The SDK reads address, tenant and token from it by
// itself; nothing else is called in their place. The error names every variable that is missing.
func clusterOptions(getenv func(string) string) ([]ameide.Option, error) {
	var missing []string
	for _, name := range []string{"AMEIDE_BASE_URL", "AMEIDE_TENANT", "AMEIDE_TOKEN"} {
		if getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("INTEGRATION_MODE=cluster needs %s", strings.Join(missing, ", "))
	}
	address, err := url.Parse(getenv("AMEIDE_BASE_URL"))
	if err != nil {
		return nil, err
	}
	if host := strings.ToLower(address.Hostname()); nameForTests.MatchString(host) {
		return nil, fmt.Errorf("INTEGRATION_MODE=cluster calls no mock: %s is a name for tests (RFC 6761)", host)
	}
	// A port of this machine may be forwarded to the cluster.
	return []ameide.Option{ameide.AllowInsecureLoopback()}, nil
}

// roundTripper replaces the SDK's own HTTP client.
func (t *target) connect(tb testing.TB, roundTripper http.RoundTripper, options ...ameide.Option) *ameide.Transport {
	tb.Helper()
	all := append([]ameide.Option{}, t.options...)
	if roundTripper == nil && t.inMemory {
		roundTripper = t.roundTripper
	}
	if roundTripper != nil {
		all = append(all, ameide.WithRoundTripper(roundTripper))
	}
	transport, err := ameide.NewTransport(t.baseURL, append(all, options...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(transport.Close)
	return transport
}
