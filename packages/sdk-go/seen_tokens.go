package ameide

import "github.com/ameideio/ameide-sdk-go/internal/policy"

// seenTokens are the page tokens of a list, as far as they are kept: the last mebibyte of them, and one of long ago, by
// which a loop of any length is found (Brent's algorithm).
type seenTokens struct {
	latest   map[string]bool
	order    []string // the oldest first
	chars    int
	mark     string
	isMarked bool
	markedAt int
}

func newSeenTokens() *seenTokens {
	return &seenTokens{latest: map[string]bool{}, markedAt: 1}
}

// add keeps a token. count says which it is, from 1.
func (s *seenTokens) add(token string, count int) {
	if count >= 2*s.markedAt {
		s.mark, s.isMarked, s.markedAt = token, true, count
	}
	if s.latest[token] {
		return
	}
	s.latest[token] = true
	s.order = append(s.order, token)
	s.chars += len(token)
	for s.chars > policy.MaxPageTokenCharacters {
		delete(s.latest, s.order[0])
		s.chars -= len(s.order[0])
		s.order = s.order[1:]
	}
}

func (s *seenTokens) has(token string) bool {
	return s.isMarked && token == s.mark || s.latest[token]
}
