package ameide

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// A Transport is policy around Connect clients: it is made once, and any number of generated clients are made over it.
//
//	t, err := ameide.NewTransport("https://api.example.com", ameide.WithTenant("acme"))
//	threads := ameide.NewClient(t, threadsv1connect.NewThreadsServiceClient)
//
// It may be used by many goroutines.
type Transport struct {
	family *clientFamily
	client *clientContext
}

// NewTransport makes a transport for the service at baseURL: https, or http to a loopback address with
// [AllowInsecureLoopback] or to a host of [AllowInsecureHosts], written as it is used. An empty one stands for
// AMEIDE_BASE_URL. Nothing is sent before the first call.
//
// The error is an [Error] with reason CONFIG_INVALID. It names the option, as every SDK and the policy document do
// (timeoutMs), the function that gives it ([WithTimeout]), and the rule, and never a secret.
func NewTransport(baseURL string, options ...Option) (*Transport, error) {
	stated := new(clientOptions)
	if baseURL != "" {
		stated.baseURL = state(baseURL)
	}
	stated.apply(options)
	return newTransport(newClientFamily(stated.runtime.value), optionLayers{stated}, nil)
}

func newTransport(family *clientFamily, layers optionLayers, parent *clientConfig) (*Transport, error) {
	client, err := family.contextFor(layers, parent)
	if err != nil {
		return nil, err
	}
	return &Transport{family: family, client: client}, nil
}

// With derives a transport with other options, merged over these, value by value; they hold over these options'
// settings of single methods, too. Connections and retry budget of an origin are shared. For another origin
// ([WithBaseURL]), auth, tenant, headers and a client certificate are stated anew where they are set here
// ([WithoutAuth], [WithoutTenant] and [WithHeaders] of nothing send none).
//
// The error is an [Error] with reason CONFIG_INVALID.
func (t *Transport) With(options ...Option) (*Transport, error) {
	stated := new(clientOptions)
	stated.apply(options)
	config := t.client.config
	return newTransport(t.family, append(optionLayers{stated}, config.layers...), config)
}

// NewClient makes a client over a transport, by the constructor that protoc-gen-connect-go generates:
//
//	threads := ameide.NewClient(t, threadsv1connect.NewThreadsServiceClient)
//
// It gives the constructor HTTPClient, BaseURL and Options of the transport.
func NewClient[Client any](
	t *Transport, construct func(connect.HTTPClient, string, ...connect.ClientOption) Client,
) Client {
	return construct(t.HTTPClient(), t.BaseURL(), t.Options()...)
}

// HTTPClient is the first argument of a generated client's constructor, with BaseURL and Options: [NewClient] gives all
// three. What does not get all three from one transport fails its calls with the reason CONFIG_INVALID.
func (t *Transport) HTTPClient() connect.HTTPClient { return newHTTPClient(t.client) }

// BaseURL is the second argument of a generated client's constructor: where the service is, without slashes at its end.
func (t *Transport) BaseURL() string { return t.client.config.baseURL }

// Options are the further arguments of a generated client's constructor. Interceptors of your own come by
// [WithInterceptors]; those given beside these options run below the SDK, for each attempt, too, and may not answer by
// themselves. Options of Connect's beside them that change what is spoken ([connect.WithGRPC], [connect.WithGRPCWeb],
// [connect.WithCodec], [connect.WithSendGzip] and their like) fail each call with the reason CONFIG_INVALID, before it is
// sent: [WithProtocol], [WithJSON], [WithSendCompression] and [WithAcceptCompression] are there for it. (Of gzip Connect
// itself says that it is unknown where neither of the last two asks for it.) Without [WithHTTPGet] no call goes by GET.
func (t *Transport) Options() []connect.ClientOption {
	stated := t.client.config.options
	options := []connect.ClientOption{
		connect.WithInterceptors(newInterceptor(t.client)),
		connect.WithReadMaxBytes(int(t.client.shapes.unary.readMaxBytes)),
	}
	switch t.client.protocol {
	case policy.GRPC:
		options = append(options, connect.WithGRPC())
	case policy.GRPCWeb:
		options = append(options, connect.WithGRPCWeb())
	}
	if stated.format.value == formatJSON {
		options = append(options, connect.WithProtoJSON())
	}
	options = append(options, t.compression(stated.compression.value)...)
	if stated.httpGet.value {
		options = append(options, connect.WithHTTPGet())
	}
	if users := stated.interceptors.value; len(users) > 0 {
		options = append(options, connect.WithInterceptors(users...), connect.WithInterceptors(newAttemptInterceptor(t.client)))
	}
	return options
}

// Connect asks for gzip by itself, at the price of a third of a call on loopback.
func (t *Transport) compression(stated compressionOptions) []connect.ClientOption {
	var options []connect.ClientOption
	if stated.accept.value != CompressionGzip && stated.send.value != CompressionGzip {
		return append(options, connect.WithAcceptCompression("gzip", nil, nil))
	}
	if stated.send.value == CompressionGzip {
		fallback := int(policy.ClientNumber(policy.CompressionMinBytes).Default)
		options = append(options, connect.WithSendGzip(), connect.WithCompressMinBytes(stated.minBytes.or(fallback)))
	}
	return options
}

// Explain is the effective policy of a method, each value with its source. The constants that are generated beside a
// client (ThreadsServiceListThreadsProcedure) are procedures; acme.v1.Billing/Charge is one, too. The method has to be
// known to the program: its stubs are imported.
//
// The error is an [Error] with reason CONFIG_INVALID for a procedure that is not known.
func (t *Transport) Explain(procedure string) (*Explanation, error) {
	service, local, _ := strings.Cut(strings.TrimPrefix(procedure, "/"), "/")
	desc := findMethod(service, local)
	if desc == nil {
		return nil, configError("procedure", "must be the procedure of a method whose stubs are imported, such as "+
			"/acme.v1.Billing/Charge")
	}
	return t.explain(t.client.config.forMethod(specOf(desc))), nil
}

// ExplainAll explains all methods that were called or asked for so far.
func (t *Transport) ExplainAll() []*Explanation {
	known := t.client.config.knownMethods()
	explanations := make([]*Explanation, len(known))
	for i, each := range known {
		explanations[i] = t.explain(each)
	}
	return explanations
}

func (t *Transport) explain(method *methodConfig) *Explanation {
	config := t.client.config
	var connection []ExplainedValue
	if !config.options.roundTripper.is {
		// What could not be made was no transport.
		settings, _ := connectionSettingsOf(config.options, config.origin, config.constants)
		connection = settings.explained(config.options, config.resolver.builtIn)
	}
	return explainMethod(method, config.observe, connection)
}

// Close ends all calls and connections at once, including those of the transports derived from this one and of those it
// is derived from. Calls that are under way or wait for anything fail with the reason CLIENT_CLOSED, as do later ones.
func (t *Transport) Close() { t.family.lifetime.close() }

// Drain takes no more calls, waits for those that were made, retries and streams included, and closes; likewise of the
// whole family. It returns when all who wait for a call have been told, and says how many calls had not ended in time
// and were ended: 0 if none. It waits until ctx ends, and for 20 s if ctx has no deadline, so that it is over before the
// 30 s after which Kubernetes kills. If it is called again, the shorter time holds.
//
//	<-terminated.Done() // of signal.NotifyContext
//	aborted := t.Drain(context.Background())
func (t *Transport) Drain(ctx context.Context) (aborted int) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(t.client.constants.DrainTimeoutMs)*time.Millisecond)
		defer cancel()
	}
	return t.family.lifetime.drain(ctx)
}
