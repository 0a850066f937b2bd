package ameide

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"connectrpc.com/connect"
)

// networkMessage is what happened to a connection, and where.
//
// where is the host and port the request was for.
func networkMessage(err error, where string) string {
	text := thrownText(err)
	if text == "" {
		text = "the connection failed"
	}
	if strings.Contains(text, where) {
		return text
	}
	return text + " (at " + where + ")"
}

// isStrangers says whether what answered speaks no protocol of ours: a gateway, a page, another server.
func isStrangers(head answerHead, err *connect.Error) bool {
	if head.status == 0 || head.wireError || err.Code() == connect.CodeResourceExhausted {
		return false
	}
	if head.good {
		return !ourTypes.MatchString(mediaType(head.header.Get("Content-Type")))
	}
	// After a bad status Connect says the status, unless the server had words of its own.
	text := err.Message()
	return text == "" || statusText.MatchString(text) || isStatusLine(text, head.status)
}

var (
	ourTypes   = regexp.MustCompile(`^application/(json|proto|connect\+|grpc)`)
	statusText = regexp.MustCompile(`^HTTP (status )?\d{3}`)
)

// Connect for Go says the status line, or its words alone.
func isStatusLine(text string, status int) bool {
	words := http.StatusText(status)
	return text == words || text == fmt.Sprintf("%d %s", status, words) || text == fmt.Sprint(status)
}

// strangersMessage is what was answered, and by which address, without its query.
//
// text is what is said of the answer; address is what was asked for.
func strangersMessage(text string, head answerHead, address string) string {
	if text == "" || statusText.MatchString(text) || isStatusLine(text, head.status) {
		text = fmt.Sprintf("HTTP %d", head.status)
	}
	if parsed, err := url.Parse(address); err == nil {
		text += " from " + parsed.Scheme + "://" + parsed.Host + parsed.EscapedPath()
	}
	isRedirect := head.status >= 300 && head.status < 400
	if isRedirect {
		text += ", a redirect, which is not followed"
	}
	// What a server says that has nothing of the kind at this address. Other statuses may well pass.
	isNotHere := head.status == http.StatusNotFound || head.status == http.StatusMethodNotAllowed
	if head.good || isRedirect || isNotHere {
		text += "; is baseURL right?"
	}
	return text
}
