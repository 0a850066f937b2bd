package ameide

import (
	"context"
	"errors"
	"iter"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A PageRequest is the request of a list method (AIP-158): a message with a field page_token.
type PageRequest interface {
	proto.Message
	GetPageToken() string
}

// A Page is the response of a list method (AIP-158).
type Page interface {
	proto.Message
	GetNextPageToken() string
}

// A PageOption bounds a list.
type PageOption func(*pageBounds)

type pageBounds struct {
	items, pages stated[int]
}

// MaxItems stops after so many items, at least 1: no page is fetched for items beyond. Default no bound. [Pages] does
// without it.
func MaxItems(items int) PageOption {
	return func(b *pageBounds) { b.items = state(items) }
}

// MaxPages stops after so many pages, at least 1. Default no bound.
func MaxPages(pages int) PageOption {
	return func(b *pageBounds) { b.pages = state(pages) }
}

// Paginate goes through the items of all pages of a list method (AIP-158):
//
//	for thread, err := range ameide.Paginate(ctx, threads.ListThreads, request, (*threadsv1.ListThreadsResponse).GetThreads) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// Each page is a call of its own, with its own id and deadline; a deadline of ctx is for all of them. An empty page
// with a token goes on. A call that fails ends the list with its error; so does a token that was seen before, with
// code internal and reason PAGE_TOKEN_LOOP. A loop that is left fetches no further page. Each iteration starts anew.
//
// A bound below 1 and a request id in ctx are CONFIG_INVALID.
func Paginate[Req PageRequest, Res Page, Item any](
	ctx context.Context, method func(context.Context, Req) (Res, error), request Req, items func(Res) []Item,
	options ...PageOption,
) iter.Seq2[Item, error] {
	bounds := boundsOf(options)
	return func(yield func(Item, error) bool) {
		left := bounds.items.or(-1)
		for page, err := range pages(ctx, method, request, bounds) {
			if err != nil {
				var none Item
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
		}
	}
}

// Pages goes through the pages themselves, as [Paginate] does through their items.
func Pages[Req PageRequest, Res Page](
	ctx context.Context, method func(context.Context, Req) (Res, error), request Req, options ...PageOption,
) iter.Seq2[Res, error] {
	return pages(ctx, method, request, boundsOf(options))
}

func boundsOf(options []PageOption) pageBounds {
	var bounds pageBounds
	for _, option := range options {
		option(&bounds)
	}
	return bounds
}

func pages[Req PageRequest, Res Page](
	ctx context.Context, method func(context.Context, Req) (Res, error), request Req, bounds pageBounds,
) iter.Seq2[Res, error] {
	return func(yield func(Res, error) bool) {
		var none Res
		next, field, err := firstPageRequest(ctx, request, bounds)
		if err != nil {
			yield(none, err)
			return
		}
		seen := newSeenTokens()
		token := next.GetPageToken()
		for count := 1; ; count++ {
			seen.add(token, count)
			page, err := method(ctx, next)
			if err != nil {
				yield(none, err)
				return
			}
			if !yield(page, nil) {
				return
			}
			token = page.GetNextPageToken()
			if token == "" || bounds.pages.is && count == bounds.pages.value {
				return
			}
			if seen.has(token) {
				source := connect.NewError(connect.CodeInternal, errors.New("a page token came twice"))
				yield(none, newError(source, errorFacts{origin: OriginClient, reason: ReasonPageTokenLoop}))
				return
			}
			// A message that is under way belongs to its call.
			next = proto.CloneOf(next)
			next.ProtoReflect().Set(field, protoreflect.ValueOfString(token))
		}
	}
}

// firstPageRequest is a copy of the caller's request, and the field of its page token.
func firstPageRequest[Req PageRequest](
	ctx context.Context, request Req, bounds pageBounds,
) (Req, protoreflect.FieldDescriptor, error) {
	var none Req
	for _, bound := range []struct {
		option string
		number stated[int]
	}{{"maxItems", bounds.items}, {"maxPages", bounds.pages}} {
		if bound.number.is && bound.number.value < 1 {
			return none, nil, namingConfigError(bound.option, "must be an integer of at least 1", bound.number.value)
		}
	}
	if call := callSettings(ctx); call != nil && call.requestID.is {
		return none, nil, configError("requestId", "cannot be given to Paginate: every page is a call of its own")
	}
	message := request.ProtoReflect()
	field := message.Descriptor().Fields().ByName("page_token")
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return none, nil, configError("request", "must have a field page_token, as the request of a list method (AIP-158)")
	}
	if !message.IsValid() {
		return message.New().Interface().(Req), field, nil
	}
	return proto.CloneOf(request), field, nil
}
