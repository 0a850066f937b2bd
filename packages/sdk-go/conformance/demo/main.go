// The program by which the demo of `start` drives the Go SDK: lines of JSON, as
// packages/e2e/src/demo/remote_sdk.ts has them. It ends with its input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect"
	"github.com/ameideio/ameide-sdk-go"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// What the demo tells.
type told struct {
	Connect *struct {
		BaseURL          string `json:"baseUrl"`
		Tenant           string `json:"tenant"`
		Image            string `json:"image"`
		AttemptTimeoutMs int64  `json:"attemptTimeoutMs"`
		WithToken        bool   `json:"withToken"`
	} `json:"connect"`
	Call   *call `json:"call"`
	Cancel *struct {
		ID int64 `json:"id"`
	} `json:"cancel"`
	Token *struct {
		ID    int64 `json:"id"`
		Value struct {
			Token     string   `json:"token"`
			ExpiresAt *float64 `json:"expiresAt"`
		} `json:"value"`
	} `json:"token"`
}

type call struct {
	ID        int64           `json:"id"`
	Procedure string          `json:"procedure"`
	Request   json.RawMessage `json:"request"`
	TimeoutMs *float64        `json:"timeoutMs"`
}

// A program has the client and what is under way.
type program struct {
	files     *protoregistry.Files
	transport *ameide.Transport

	mu      sync.Mutex
	cancels map[int64]context.CancelFunc
	tokens  map[int64]chan ameide.Token
	out     *json.Encoder
}

func main() {
	p := &program{
		cancels: map[int64]context.CancelFunc{},
		tokens:  map[int64]chan ameide.Token{},
		out:     json.NewEncoder(os.Stdout),
	}
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	for input.Scan() {
		var line told
		if err := json.Unmarshal(input.Bytes(), &line); err != nil {
			log.Fatal(err)
		}
		p.take(line)
	}
	if p.transport != nil {
		p.transport.Close()
	}
}

func (p *program) take(line told) {
	switch {
	case line.Connect != nil:
		options := []ameide.Option{
			ameide.WithTenant(line.Connect.Tenant),
			ameide.AllowInsecureLoopback(),
			ameide.WithObserver(func(event ameide.Event) { p.say("event", event) }),
		}
		if ms := line.Connect.AttemptTimeoutMs; ms > 0 {
			options = append(options, ameide.WithAttemptTimeout(time.Duration(ms)*time.Millisecond))
		}
		if line.Connect.WithToken {
			options = append(options, ameide.WithAuth(ameide.Provider(p.askToken)))
		}
		p.files = readImage(line.Connect.Image)
		transport, err := ameide.NewTransport(line.Connect.BaseURL, options...)
		if err != nil {
			log.Fatal(err)
		}
		p.transport = transport
		p.say("ready", true)
	case line.Call != nil:
		ctx, cancel := context.WithCancel(context.Background())
		p.mu.Lock()
		p.cancels[line.Call.ID] = cancel
		p.mu.Unlock()
		go p.call(ctx, line.Call)
	case line.Cancel != nil:
		p.mu.Lock()
		defer p.mu.Unlock()
		if cancel := p.cancels[line.Cancel.ID]; cancel != nil {
			cancel()
		}
	case line.Token != nil:
		token := ameide.Token{Token: line.Token.Value.Token}
		if ms := line.Token.Value.ExpiresAt; ms != nil {
			token.ExpiresAt = time.UnixMilli(int64(*ms))
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.tokens[line.Token.ID] <- token
	}
}

func (p *program) call(ctx context.Context, call *call) {
	if call.TimeoutMs != nil {
		limited, cancel := context.WithTimeout(ctx, time.Duration(*call.TimeoutMs)*time.Millisecond)
		defer cancel()
		ctx = limited
	}
	answer, err := p.unary(ctx, call.Procedure, call.Request)
	if err != nil {
		p.say("error", map[string]any{
			"id":      call.ID,
			"code":    connect.CodeOf(err).String(),
			"message": err.Error(),
		})
		return
	}
	p.say("ok", map[string]any{"id": call.ID, "response": answer})
}

// unary makes the call by the descriptors of the image, so that a changed proto
// needs no new stubs.
func (p *program) unary(ctx context.Context, procedure string, request json.RawMessage) (json.RawMessage, error) {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(procedure, "/"), "/", "."))
	found, err := p.files.FindDescriptorByName(name)
	if err != nil {
		return nil, err
	}
	method := found.(protoreflect.MethodDescriptor)
	level := method.Options().(*descriptorpb.MethodOptions).GetIdempotencyLevel()
	client := connect.NewClient[dynamicpb.Message, dynamicpb.Message](
		p.transport.HTTPClient(),
		p.transport.BaseURL()+procedure,
		connect.WithClientOptions(p.transport.Options()...),
		connect.WithSchema(method),
		connect.WithIdempotency(connect.IdempotencyLevel(level)),
		connect.WithResponseInitializer(func(_ connect.Spec, message any) error {
			*message.(*dynamicpb.Message) = *dynamicpb.NewMessage(method.Output())
			return nil
		}),
	)
	message := dynamicpb.NewMessage(method.Input())
	if err := protojson.Unmarshal(request, message); err != nil {
		return nil, err
	}
	response, err := client.CallUnary(ctx, connect.NewRequest(message))
	if err != nil {
		return nil, err
	}
	return protojson.Marshal(response.Msg)
}

func (p *program) askToken(ctx context.Context, _ ameide.TokenRequest) (ameide.Token, error) {
	answer := make(chan ameide.Token, 1)
	p.mu.Lock()
	id := int64(len(p.tokens) + 1)
	p.tokens[id] = answer
	p.mu.Unlock()
	p.say("needsToken", map[string]any{"id": id})
	select {
	case token := <-answer:
		return token, nil
	case <-ctx.Done():
		return ameide.Token{}, ctx.Err()
	}
}

func (p *program) say(what string, value any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.out.Encode(map[string]any{what: value}); err != nil {
		log.Fatal(err)
	}
}

func readImage(path string) *protoregistry.Files {
	bytes, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(bytes, &set); err != nil {
		log.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		log.Fatal(err)
	}
	return files
}
