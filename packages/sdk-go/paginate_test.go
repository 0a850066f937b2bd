package ameide

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	threadsv1 "github.com/ameideio/ameide-core-proto-go/ameide/threads/v1"
)

// pagesOf is a list method whose pages are these, by the token that leads to them.
type pagesOf struct {
	pages map[string]*threadsv1.ListThreadsResponse
	asked []string
}

var errNoPage = errors.New("there is no such page")

func (p *pagesOf) list(
	_ context.Context, request *threadsv1.ListThreadsRequest,
) (*threadsv1.ListThreadsResponse, error) {
	p.asked = append(p.asked, request.GetPageToken())
	if page := p.pages[request.GetPageToken()]; page != nil {
		return page, nil
	}
	return nil, errNoPage
}

func page(next string, ids ...string) *threadsv1.ListThreadsResponse {
	made := &threadsv1.ListThreadsResponse{NextPageToken: next}
	for _, id := range ids {
		made.Threads = append(made.Threads, &threadsv1.Thread{Id: id})
	}
	return made
}

func (p *pagesOf) ids(ctx context.Context, options ...PageOption) (ids []string, err error) {
	request := &threadsv1.ListThreadsRequest{PageSize: 2}
	for thread, failed := range Paginate(ctx, p.list, request, (*threadsv1.ListThreadsResponse).GetThreads, options...) {
		if failed != nil {
			return ids, failed
		}
		ids = append(ids, thread.GetId())
	}
	if request.GetPageToken() != "" {
		return nil, errors.New("the caller's request was changed")
	}
	return ids, nil
}

func threePages() *pagesOf {
	return &pagesOf{pages: map[string]*threadsv1.ListThreadsResponse{
		"": page("p2", "a", "b"), "p2": page("p3"), "p3": page("", "c"),
	}}
}

func TestPaginate(t *testing.T) {
	for _, each := range []struct {
		options []PageOption
		ids     string
		pages   int
	}{
		{nil, "abc", 3},
		{[]PageOption{MaxItems(2)}, "ab", 1},
		{[]PageOption{MaxItems(3)}, "abc", 3},
		{[]PageOption{MaxItems(9)}, "abc", 3},
		{[]PageOption{MaxPages(2)}, "ab", 2},
	} {
		list := threePages()
		ids, err := list.ids(t.Context(), each.options...)
		if err != nil || strings.Join(ids, "") != each.ids || len(list.asked) != each.pages {
			t.Errorf("%v, %v, asked for %q", ids, err, list.asked)
		}
	}
}

func TestPaginateStartsAnew(t *testing.T) {
	list := threePages()
	all := Paginate(t.Context(), list.list, &threadsv1.ListThreadsRequest{}, (*threadsv1.ListThreadsResponse).GetThreads)
	for range 2 {
		var ids []string
		for thread, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, thread.GetId())
			if len(ids) == 1 {
				break
			}
		}
		if !slices.Equal(ids, []string{"a"}) {
			t.Errorf("%v", ids)
		}
	}
	if !slices.Equal(list.asked, []string{"", ""}) {
		t.Errorf("asked for %q", list.asked)
	}
}

func TestPaginateEnds(t *testing.T) {
	failing := &pagesOf{pages: map[string]*threadsv1.ListThreadsResponse{"": page("p2", "a")}}
	if ids, err := failing.ids(t.Context()); !errors.Is(err, errNoPage) || len(ids) != 1 {
		t.Errorf("%v, %v", ids, err)
	}
	looping := &pagesOf{pages: map[string]*threadsv1.ListThreadsResponse{
		"": page("p2", "a"), "p2": page("p3"), "p3": page("p2", "b"),
	}}
	ids, err := looping.ids(t.Context())
	if known := FromError(err); known.Reason != ReasonPageTokenLoop || strings.Join(ids, "") != "ab" || len(looping.asked) != 3 {
		t.Errorf("%v, %v", ids, err)
	}
}

func TestPages(t *testing.T) {
	list := threePages()
	count := 0
	for each, err := range Pages(t.Context(), list.list, &threadsv1.ListThreadsRequest{PageToken: "p2"}) {
		if err != nil || each == nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 2 || !slices.Equal(list.asked, []string{"p2", "p3"}) {
		t.Errorf("%d, asked for %q", count, list.asked)
	}
	for _, err := range Pages(t.Context(), list.list, (*threadsv1.ListThreadsRequest)(nil), MaxPages(1)) {
		if err != nil {
			t.Errorf("no request is an empty one: %v", err)
		}
	}
}

type getThread struct{ *threadsv1.GetThreadRequest }

func (getThread) GetPageToken() string { return "" }

func TestPaginateRefuses(t *testing.T) {
	list := threePages()
	for _, each := range []struct {
		option string
		ctx    context.Context
		given  []PageOption
	}{
		{"maxItems", t.Context(), []PageOption{MaxItems(0)}},
		{"maxPages", t.Context(), []PageOption{MaxPages(-1)}},
		{"requestId", WithCall(t.Context(), WithRequestID("mine")), nil},
	} {
		ids, err := list.ids(each.ctx, each.given...)
		expectRefusal(t, err, each.option, "")
		if len(ids) != 0 {
			t.Errorf("%v", ids)
		}
	}
	method := func(context.Context, getThread) (*threadsv1.ListThreadsResponse, error) { return nil, nil }
	for _, err := range Pages(t.Context(), method, getThread{&threadsv1.GetThreadRequest{}}) {
		expectRefusal(t, err, "request", "page_token")
	}
	if len(list.asked) != 0 {
		t.Errorf("asked for %q", list.asked)
	}
	var _ proto.Message = getThread{}
}
