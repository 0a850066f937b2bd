// Package ameide puts retries, deadlines, credentials, tenants, request ids and tracing around Connect clients, and
// gives them one kind of error. What a method allows, it reads from the method's proto.
//
// A [Transport] is made once, and generated clients are made over it:
//
//	transport, err := ameide.NewTransport("https://api.example.com", ameide.WithTenant("acme"))
//	if err != nil {
//		return err
//	}
//	defer transport.Close()
//	threads := ameide.NewClient(transport, threadsv1connect.NewThreadsServiceClient)
//	response, err := threads.GetThread(ctx, &threadsv1.GetThreadRequest{ThreadId: "t1"})
//
// Package client has every Ameide service in one client. Calls may be unary or streams of any kind, over Connect, gRPC
// or gRPC-Web, in binary or JSON, over HTTP/1.1 or HTTP/2.
//
// # Options
//
// An [Option] is of a client. A [Setting] is one that a method ([WithMethod]) and a single call ([WithCall]) have, too.
// The nearest statement holds, value by value: that of the call, then of code (method, service, client), the environment,
// the policy document ([WithPolicy]), the proto, the preset, and the built-in default. [Transport.With] derives a client,
// which shares connections and retry budget. [Transport.Explain] says which value holds, and who stated it.
//
// The environment has AMEIDE_BASE_URL, AMEIDE_TENANT, AMEIDE_TOKEN, AMEIDE_TIMEOUT_MS, AMEIDE_MAX_ATTEMPTS, and
// AMEIDE_SDK_RETRIES=off, which beats all code.
//
// Durations count in whole milliseconds; the rest is cut off. A zero, negative or overflowing value is refused, and is
// never a default: [NoDeadline], [WithoutRetry], [WithoutTenant] and their like say what a zero would leave open.
//
// # Contexts
//
// A call ends with its context. A deadline of the context replaces the default timeout, and those of environment,
// document and proto; of one that code states by [WithTimeout] and the context's the smaller holds. In a handler, give
// the served request's context to [WithDeadlineFrom]: calls end 5 ms before it, and keep their defaults.
//
// # Errors
//
// Every call fails with an [Error]: code, reason, who made the failure, every attempt, and why there was no other. It
// wraps a [connect.Error] of the same code. [errors.Is] finds [context.Canceled] and [context.DeadlineExceeded] in it
// where the caller's own context ended the call, and not where a server answered so.
//
// Wrong options are an Error with reason CONFIG_INVALID, when a client is made or before anything is sent. It has the
// name that the option has in every SDK and in policy documents (timeoutMs), the function that gives it (WithTimeout),
// and never a secret.
//
// # Streams and pages
//
// Streams are Connect's. A server stream is retried until its first message came; Close ends it at once. [Messages] and
// [Paginate] are iterators that may be left at any point.
//
// # Tests
//
// Package ameidetest calls handlers in memory. In a bubble of [testing/synctest] waits and deadlines cost no time.
package ameide
