package probe_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// strict answers as servers do that accept only ASCII in a request, and redirects
// requests for /from to location.
func strict(t *testing.T, location string) (url string, lines chan string) {
	t.Helper()
	lines = make(chan string, 10)
	return "http://" + raw(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		line, _ := r.ReadString('\n')
		lines <- strings.TrimSpace(line)
		for text := line; strings.TrimSpace(text) != ""; {
			text, _ = r.ReadString('\n')
		}
		switch {
		case strings.HasPrefix(line, "GET /from"):
			_, _ = io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: "+location+"\r\nContent-Length: 0\r\n\r\n")
		case strings.Count(line, " ") != 2 || strings.ContainsFunc(line, func(r rune) bool { return r > '~' }):
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		default:
			_, _ = io.WriteString(conn, ok+two)
		}
	}), lines
}

func TestStrictServersAcceptTheRequest(t *testing.T) {
	for name, tc := range map[string]struct{ path, location, want string }{
		"a query":                   {"/strict?q=z\u00fcrich", "", "GET /strict?q=z%C3%BCrich HTTP/1.1"},
		"a query that is encoded":   {"/strict?q=z%C3%BCrich", "", "GET /strict?q=z%C3%BCrich HTTP/1.1"},
		"a path":                    {"/z\u00fcrich/\U0001f600", "", "GET /z%C3%BCrich/%F0%9F%98%80 HTTP/1.1"},
		"spaces":                    {"/a b?c d", "", "GET /a%20b?c%20d HTTP/1.1"},
		"a redirect in UTF-8":       {"/from", "/z\u00fcrich?q=z\u00fcrich", "GET /z%C3%BCrich?q=z%C3%BCrich HTTP/1.1"},
		"a redirect in Latin-1":     {"/from", "/z\xfcrich", "GET /z%FCrich HTTP/1.1"},
		"a redirect with spaces":    {"/from", "/a b?x=y z", "GET /a%20b?x=y%20z HTTP/1.1"},
		"a redirect with a percent": {"/from", "/100%", "GET /100% HTTP/1.1"},
		"a relative redirect":       {"/from", "299", "GET /299 HTTP/1.1"},
		"a folded redirect":         {"/from", "\r\n /x", "GET /x HTTP/1.1"},
		"a redirect after oddities": {"/from", "/x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\nno colon", "GET /x HTTP/1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			url, lines := strict(t, tc.location)
			if got := made(t, newProber(20*time.Second), url+tc.path); got.Status != events.StatusHealthy {
				t.Errorf("got %+v, want healthy", got)
			}
			line := <-lines
			if tc.location != "" {
				line = <-lines
			}
			if line != tc.want {
				t.Errorf("got %q, want %q", line, tc.want)
			}
		})
	}
}
