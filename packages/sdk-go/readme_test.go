package ameide_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	meterv1 "github.com/ameideio/ameide-core-proto-go/ameide/meter/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/meter/v1/meterv1connect"
	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
	"github.com/ameideio/ameide-core-proto-go/ameide/threads/v1/threadsv1connect"

	"github.com/ameideio/ameide-sdk-go"
	"github.com/ameideio/ameide-sdk-go/ameidetest"
)

const firstProgram = "testdata/first/main.go"

// Every snippet of the two READMEs is part of a program or a function here that is run.
func TestReadmeSnippetsAreRun(t *testing.T) {
	var readme []byte
	for _, page := range []string{"README.md", "../../README.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		readme = append(readme, text...)
	}
	run := bodies(t, "example_test.go", "readme_test.go")
	first, err := os.ReadFile(firstProgram)
	if err != nil {
		t.Fatal(err)
	}
	run = append(run, string(first))
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(snippets) < 6 {
		t.Fatalf("the README has %d snippets", len(snippets))
	}
	for _, snippet := range snippets {
		found := false
		for _, body := range run {
			found = found || strings.Contains(body, snippet[1])
		}
		if !found {
			t.Errorf("no test runs\n%s", snippet[1])
		}
	}
}

// bodies are the functions of files that are run, without their first tab.
func bodies(t *testing.T, files ...string) []string {
	var all []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range parsed.Decls {
			function, is := declared.(*ast.FuncDecl)
			if is && (strings.HasPrefix(function.Name.Name, "Example") || strings.HasPrefix(function.Name.Name, "Test")) {
				body := string(source[function.Body.Lbrace : function.Body.Rbrace-1])
				all = append(all, strings.ReplaceAll(body, "\n\t", "\n"))
			}
		}
	}
	return all
}

// meter answers with what it was sent.
type meter struct {
	meterv1connect.UnimplementedMeterServiceHandler
}

func (meter) RecordUsage(_ context.Context, request *meterv1.RecordUsageRequest) (*meterv1.RecordUsageResponse, error) {
	return &meterv1.RecordUsageResponse{Record: &meterv1.UsageRecord{Usage: request}}, nil
}

func Example_meter() {
	mux := http.NewServeMux()
	mux.Handle(meterv1connect.NewMeterServiceHandler(meter{}))
	server := httptest.NewServer(mux)
	defer server.Close()
	baseURL := server.URL

	transport, err := ameide.NewTransport(baseURL, ameide.AllowInsecureLoopback(), ameide.WithTenant("acme"))
	if err != nil {
		log.Fatal(err)
	}
	defer transport.Close()
	meter := ameide.NewClient(transport, meterv1connect.NewMeterServiceClient)
	response, err := meter.RecordUsage(context.Background(), &meterv1.RecordUsageRequest{TeamId: "search", EventType: "completion"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.GetRecord().GetUsage().GetTeamId())
	// Output: search
}

func TestReadmeFirstProgram(t *testing.T) {
	baseURL, stop := serve()
	defer stop()
	command := exec.CommandContext(t.Context(), "go", "run", "./"+firstProgram)
	command.Env = append(os.Environ(), "BASE_URL="+baseURL)
	printed, err := command.CombinedOutput()
	if err != nil || string(printed) != "Hello of acme\n" {
		t.Errorf("%v\n%s", err, printed)
	}
}

func TestInABubble(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle(threadsv1connect.NewThreadsServiceHandler(&exampleThreads{}))
	var handler http.Handler = mux

	synctest.Test(t, func(t *testing.T) {
		transport, err := ameidetest.NewTransport(handler, ameide.WithTenant("acme"),
			ameidetest.WithRandom(ameidetest.Random{Backoff: ameidetest.Sequence(0.5)}))
		if err != nil {
			t.Fatal(err)
		}
		defer transport.Close()
		began := time.Now()
		if _, err := threadsOver(transport).GetThread(t.Context(), &threadsv1.GetThreadRequest{ThreadId: "t1"}); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != 25*time.Millisecond {
			t.Errorf("it waited %v", waited)
		}
	})
}
