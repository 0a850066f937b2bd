package ameide

import (
	"net/netip"
	neturl "net/url"
	"regexp"
	"strconv"
	"strings"
)

// baseURLRules are what a base address has to keep, beyond its own rules.
type baseURLRules struct {
	// What the address is called in errors: an option or a variable.
	option                string
	allowInsecureLoopback bool
	allowInsecureHosts    []string
}

// An address is a base address that is used as it was written.
type address struct {
	scheme string // http or https
	host   string // in lower case, an IPv6 address in brackets
	port   int    // the scheme's own where none is written
	path   string // empty, or from its slash on, without slashes at its end
}

// origin is that of RFC 6454, section 6.2.
func (a address) origin() string {
	if a.port == ownPort(a.scheme) {
		return a.scheme + "://" + a.host
	}
	return a.scheme + "://" + a.host + ":" + strconv.Itoa(a.port)
}

// String is the address without slashes at its end, for paths to be added to.
func (a address) String() string { return a.origin() + a.path }

// hostname is the host without brackets.
func (a address) hostname() string { return strings.Trim(a.host, "[]") }

// readBaseURL reads a base address. One that some reader of URLs would make another one of (https://2130706433,
// https:\\host, https://host/a/../b) is refused: whoever checked it saw something else. The error is CONFIG_INVALID,
// and never holds the address.
func readBaseURL(text string, rules baseURLRules) (address, error) {
	if hostAlone.MatchString(text) {
		return address{}, configError(rules.option, "needs its scheme, for instance https://api.example.com")
	}
	url, problem := parseAddress(text)
	switch problem {
	case "":
	case notURL:
		return address{}, configError(rules.option, problem, text)
	default:
		return address{}, configError(rules.option, problem)
	}
	if rule := insecure(url, rules); rule != "" {
		return address{}, configError(rules.option, rule)
	}
	return url, nil
}

func insecure(url address, rules baseURLRules) string {
	switch {
	case url.scheme == "https" || includesHost(rules.allowInsecureHosts, url.host):
		return ""
	case !isLoopback(url.host):
		return "must be https: plain http is for loopback addresses and for hosts that AllowInsecureHosts lists"
	case !rules.allowInsecureLoopback:
		return "plain http to a loopback address needs AllowInsecureLoopback()"
	}
	return ""
}

// isOfOrigin says whether a text is an address of this origin.
func isOfOrigin(text, origin string) bool {
	url, problem := parseAddress(text)
	return problem == "" && url.origin() == origin
}

const (
	notURL   = "must be a URL"
	notAsURL = "must be written as it is used: https://host/path in visible ASCII, names in punycode, " +
		"IP addresses in full, no backslashes and no empty, . or .. segments"
)

var (
	// api.example.com, and localhost:8080, of which readers of URLs take the host for a scheme.
	hostAlone = regexp.MustCompile(`^[\w.-]+(:\d+)?(/|$)`)
	hasScheme = regexp.MustCompile(`^\s*([A-Za-z][A-Za-z0-9+.-]*):`)
	asUsed    = regexp.MustCompile(`^(?i:(https?)://)(\[[^\]/]*\]|[^/:\[\]]+)(?::(\d+))?(/[!-~]*)?$`)
)

// The rule that a text breaks, if it breaks one.
func parseAddress(text string) (url address, problem string) {
	scheme := hasScheme.FindStringSubmatch(text)
	if scheme == nil {
		return url, notURL
	}
	if strings.ContainsAny(text, "?#") || hasUser(text) {
		return url, "must have no user, password, query or fragment"
	}
	if url.scheme = strings.ToLower(scheme[1]); url.scheme != "https" && url.scheme != "http" {
		return url, "must be https, or http where that is allowed"
	}
	parts := asUsed.FindStringSubmatch(text)
	if parts == nil {
		return url, notAsURL
	}
	url.host, url.path = strings.ToLower(parts[2]), strings.TrimRight(parts[4], "/")
	url.port = ownPort(url.scheme)
	if digits := parts[3]; digits != "" {
		port, err := strconv.Atoi(digits)
		switch {
		case err != nil || port > 65535:
			return url, notURL
		case port == 0:
			return url, "must have a port from 1 to 65535"
		case digits[0] == '0':
			return url, notAsURL
		}
		url.port = port
	}
	// The URL Standard takes more than Go does: %zz.
	if _, err := neturl.Parse(text); err != nil || !isCanonicalHost(url.host) || !isPath(url.path) {
		return url, notAsURL
	}
	return url, ""
}

// What stands before an @ of the authority.
func hasUser(text string) bool {
	_, rest, _ := strings.Cut(text, ":")
	authority, _, _ := strings.Cut(strings.TrimLeft(rest, `/\`), "/")
	return strings.Contains(authority, "@")
}

func ownPort(scheme string) int {
	if scheme == "https" {
		return 443
	}
	return 80
}

// Whether a path has no segments that readers of URLs take out, and no characters that they write otherwise.
func isPath(path string) bool {
	if strings.ContainsAny(path, "\"<>\\^`{}") {
		return false
	}
	for i, segment := range strings.Split(path, "/") {
		dots := strings.ReplaceAll(strings.ToLower(segment), "%2e", ".")
		if (segment == "" && i > 0) || dots == "." || dots == ".." {
			return false
		}
	}
	return true
}

var loopback4 = netip.MustParsePrefix("127.0.0.0/8")

func isLoopback(host string) bool {
	if host == "localhost" || host == "[::1]" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && loopback4.Contains(ip)
}
