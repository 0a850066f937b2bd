package ameide

import (
	"net/http"
	"strings"
)

// mediaType is a media type alone: in lower case, without parameters, of which the types of the protocols know none that
// matter (RFC 9110, section 8.3.1).
func mediaType(contentType string) string {
	alone, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(alone))
}

// contentCodings are what content-encoding names, in its order: in lower case, without the members of the list that are
// empty, and x-gzip by its newer name (RFC 9110, sections 5.6.1, 8.4.1 and 8.4.1.3).
func contentCodings(value string) []string {
	var codings []string
	for each := range strings.SplitSeq(value, ",") {
		switch name := strings.ToLower(strings.TrimSpace(each)); name {
		case "":
		case "x-gzip":
			codings = append(codings, "gzip")
		default:
			codings = append(codings, name)
		}
	}
	return codings
}

// isUsualType says whether a media type is in lower case, with no parameter but that of UTF-8. Every answer is asked.
func isUsualType(contentType string) bool {
	name, parameter, isStated := strings.Cut(contentType, ";")
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz/+-") != "" {
		return false
	}
	parameter = strings.TrimPrefix(parameter, " ")
	return !isStated || name != "" && (parameter == "charset=utf-8" || parameter == "charset=utf8")
}

// usualSpelling is the headers of an answer as Connect reads them: it knows a media type and a content coding in their
// usual spelling only. The same map where nothing is spelled in another way.
func usualSpelling(header http.Header) http.Header {
	contentType, codings := header.Get("Content-Type"), header["Content-Encoding"]
	coding := strings.Join(codings, ", ")
	usualCoding := strings.Join(contentCodings(coding), ", ")
	isUsual := isUsualType(contentType)
	if isUsual && coding == usualCoding && (coding != "" || len(codings) == 0) {
		return header
	}
	usual := header.Clone()
	if !isUsual {
		usual.Set("Content-Type", mediaType(contentType))
	}
	if usualCoding != "" {
		usual.Set("Content-Encoding", usualCoding)
	} else {
		usual.Del("Content-Encoding")
	}
	return usual
}
