package ameide

import (
	"net/url"
	"strings"
	"testing"
)

func TestReadBaseURL(t *testing.T) {
	for _, each := range []struct{ text, want, origin string }{
		{"https://h.test", "https://h.test", "https://h.test"},
		{"HTTPS://H.Test:443/", "https://h.test", "https://h.test"},
		{"https://h.test:8443/a/b//", "https://h.test:8443/a/b", "https://h.test:8443"},
		{"https://h.test/a%20b", "https://h.test/a%20b", "https://h.test"},
		{"https://h_1.test/a|b", "https://h_1.test/a|b", "https://h_1.test"},
		{"https://[::1]:443", "https://[::1]", "https://[::1]"},
		{"https://[::ffff:7f00:1]", "https://[::ffff:7f00:1]", "https://[::ffff:7f00:1]"},
		{"http://LOCALHOST:80/x", "http://localhost/x", "http://localhost"},
		{"http://127.1.2.3:443", "http://127.1.2.3:443", "http://127.1.2.3:443"},
		{"http://svc.mesh.test", "http://svc.mesh.test", "http://svc.mesh.test"},
	} {
		got, err := readBaseURL(each.text, baseURLRules{"baseUrl", true, []string{"*.mesh.test"}})
		if err != nil || got.String() != each.want || got.origin() != each.origin {
			t.Errorf("%s is %s of %s, %v", each.text, got, got.origin(), err)
		}
		if !isOfOrigin(each.text, each.origin) || isOfOrigin(each.text, "https://other.test") {
			t.Errorf("%s is of another origin", each.text)
		}
	}
}

// Which rule is told; that they are refused at all, cases say.
func TestBaseURLsThatAreRefused(t *testing.T) {
	for _, each := range []struct{ text, rule string }{
		{"", "must be a URL, got an empty string"},
		{"://s3cret", "must be a URL, got a string"},
		{"https://s3cret:65536", "must be a URL, got a string"},
		{"s3cret.test", "needs its scheme, for instance https://api.example.com"},
		{"s3cret.test:8080/v1", "needs its scheme"},
		{"https://user:s3cret@h.test", "must have no user, password, query or fragment"},
		{"https://h.test?key=s3cret", "must have no user, password, query or fragment"},
		{"ftp://s3cret.test", "must be https, or http where that is allowed"},
		{"https:s3cret.test", "must be written as it is used"},
		{"https://s3cret.test:08443", "must be written as it is used"},
		{"https://s3cret.test:0", "must have a port from 1 to 65535"},
		{"https://[::ffff:127.0.0.1]/s3cret", "must be written as it is used"},
		{"https://[::1/s3cret", "must be written as it is used"},
		{"https://s3cret.test/a/%2E./b", "must be written as it is used"},
		{"http://s3cret.test", "must be https: plain http is for loopback addresses"},
		{"http://localhost/s3cret", "plain http to a loopback address needs AllowInsecureLoopback()"},
	} {
		_, err := readBaseURL(each.text, baseURLRules{option: "baseUrl"})
		if err == nil || !strings.Contains(err.Error(), "option baseUrl: "+each.rule) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", each.text, err)
		}
	}
}

// What is taken means the same to another reader of URLs.
func FuzzReadBaseURL(f *testing.F) {
	for _, seed := range []string{
		"https://h.test", "https://h.test:443/", "HTTPS://H.test/a/b", "https://[::1]:8443/a", "http://127.0.0.1",
		"https://h.test/a/../b", `https:\\h.test`, "https://2130706433", "https://0x7f.1", "https://h.test:0",
		"https://user@h.test", "https://h.test?", "https://[fe80::1%25eth0]", "https://h.test/%2e%2E/", "//h.test",
		"https://h%2etest", "https://bücher.test", "https://h.test/\x00", "https://h.test/%", "https://h.test/%zz", "https://h`.test",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := readBaseURL(text, baseURLRules{"baseUrl", true, nil})
		if err != nil {
			return
		}
		seen, err := url.Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if !strings.EqualFold(seen.Hostname(), got.hostname()) || !strings.EqualFold(seen.Scheme, got.scheme) {
			t.Fatalf("%q is %s", text, got)
		}
		if seen.User != nil || seen.RawQuery != "" || seen.Fragment != "" || seen.ForceQuery {
			t.Fatalf("%q has more than an address", text)
		}
		if strings.TrimRight(seen.EscapedPath(), "/") != got.path || seen.JoinPath().EscapedPath() != seen.EscapedPath() && got.path != "" {
			t.Fatalf("%q has path %s, and is read as %s", text, seen.EscapedPath(), got.path)
		}
		again, err := readBaseURL(got.String(), baseURLRules{"baseUrl", true, nil})
		if err != nil || again != got {
			t.Fatalf("%q is %s, then %s, %v", text, got, again, err)
		}
	})
}
