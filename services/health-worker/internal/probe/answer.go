package probe

import (
	"errors"
	"strings"
)

// errNotHTTP means that the server's answer isn't HTTP.
var errNotHTTP = errors.New("the answer is not HTTP")

// request is a GET request.
type request struct {
	target
	userAgent string
	cookie    string // "" if none is sent
}

// answer is the part of an answer's header that a probe needs.
type answer struct {
	code     int // of three digits; 1xx only if it is final
	location string
	cookies  []string // the values of Set-Cookie

	// rest reads the body, up to maxBody; nil if there is none.
	rest func()

	length  int64 // of the body; -1 if the header doesn't say
	chunked bool
}

// field records a field of the header. If Location or Content-Length occurs twice,
// the first counts.
func (a *answer) field(name, value string) {
	switch strings.ToLower(name) {
	case "location":
		if a.location == "" {
			a.location = value
		}
	case "set-cookie":
		a.cookies = append(a.cookies, value)
	case "content-length":
		if n, ok := decimal(value); ok && a.length < 0 {
			a.length = n
		}
	case "transfer-encoding":
		a.chunked = a.chunked || strings.Contains(strings.ToLower(value), "chunked")
	}
}

// informational reports whether another answer follows.
func (a *answer) informational() bool {
	return a.code >= 100 && a.code <= 199 && a.code != 101
}

// code parses a status code of three digits.
func code(text string) (int, bool) {
	n, ok := decimal(text)
	return int(n), ok && len(text) == 3
}

// decimal parses up to 15 decimal digits.
func decimal(text string) (int64, bool) {
	if text == "" || len(text) > 15 {
		return 0, false
	}
	var n int64
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}
