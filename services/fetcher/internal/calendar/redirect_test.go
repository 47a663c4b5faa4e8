package calendar

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestRedirectRules(t *testing.T) {
	for name, tc := range map[string]struct {
		via  string // the schemes of the requests before
		to   string
		want error
	}{
		"on TLS":              {"https", "https://example.com", nil},
		"to TLS":              {"http", "https://example.com", nil},
		"never on TLS":        {"http", "http://example.com", nil},
		"away from TLS":       {"https", "http://example.com", errPlain},
		"to TLS, and away":    {"http https", "http://example.com", errPlain},
		"to another protocol": {"https", "ftp://example.com", errScheme},
		"for the fifth time":  {"http http http http http", "http://example.com", nil},
		"for the sixth time":  {"http http http http http http", "http://example.com", errRedirects},
	} {
		var via []*http.Request
		for scheme := range strings.FieldsSeq(tc.via) {
			via = append(via, &http.Request{URL: &url.URL{Scheme: scheme, Host: "example.com"}})
		}
		to, err := url.Parse(tc.to)
		if err != nil {
			t.Fatal(err)
		}
		req := &http.Request{URL: to, Header: http.Header{"Referer": {"http://example.com/secret"}}}
		if err := checkRedirect(req, via); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		} else if err == nil && req.Referer() != "" {
			t.Errorf("%s: the other host is told of %s", name, req.Referer())
		}
	}
}
