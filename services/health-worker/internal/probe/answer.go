package probe

import (
	"errors"
	"strings"
)

// errNotHTTP says that what came is no answer in HTTP.
var errNotHTTP = errors.New("the answer is not HTTP")

// request is a GET.
type request struct {
	target
	userAgent string
	cookie    string // "" sends none
}

// answer is what a probe wants to know of an answer's header.
type answer struct {
	code     int // of three digits; 1xx only where it is the last word
	location string
	cookies  []string // the values of Set-Cookie

	// rest reads the body to its end, or to a bound; nil where there is none.
	rest func()

	length  int64 // of the body; -1 if the header doesn't say
	chunked bool
}

// field takes a line of the header. Of a name that comes twice the first counts.
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

// informational says that another answer follows.
func (a *answer) informational() bool {
	return a.code >= 100 && a.code <= 199 && a.code != 101
}

// code reads three digits.
func code(text string) (int, bool) {
	n, ok := decimal(text)
	return int(n), ok && len(text) == 3
}

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
