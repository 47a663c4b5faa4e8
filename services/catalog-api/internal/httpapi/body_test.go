package httpapi_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
)

func TestBodyThatCannotBeRead(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"there"}`)
	for name, tc := range map[string]struct {
		body, header string
		status       int
		kind         string
	}{
		"no body":                       {"", "Content-Type: application/json", 400, "malformed"},
		"only spaces":                   {" \n ", "", 400, "malformed"},
		"only a byte order mark":        {"\ufeff", "", 400, "malformed"},
		"half of an object":             {`{"name":`, "", 400, "malformed"},
		"a comma too many":              {`{"name":"a",}`, "", 400, "malformed"},
		"two objects":                   {`{"name":"a"}{"name":"b"}`, "", 400, "malformed"},
		"not UTF-8":                     {"{\"name\":\"\xff\"}", "", 400, "malformed"},
		"UTF-16":                        {"\xff\xfe{\x00}\x00", "", 400, "malformed"},
		"a NUL that is not escaped":     {"{\"name\":\"a\x00\"}", "", 400, "malformed"},
		"nested 30,000 deep":            {strings.Repeat(`[`, 30000) + strings.Repeat(`]`, 30000), "", 400, "malformed"},
		"nested deep in an odd field":   {`{"id":` + strings.Repeat(`[`, 20000) + strings.Repeat(`]`, 20000) + `}`, "", 400, "malformed"},
		"a list":                        {`[]`, "", 422, "invalid"},
		"null":                          {`null`, "", 422, "invalid"},
		"text":                          {`"name"`, "", 422, "invalid"},
		"a number":                      {`12`, "", 422, "invalid"},
		"a form":                        {`name=a`, "Content-Type: application/x-www-form-urlencoded", 415, "media-type"},
		"plain text":                    {`{"name":"a"}`, "Content-Type: text/plain", 415, "media-type"},
		"another character set":         {`{"name":"a"}`, "Content-Type: application/json; charset=latin1", 415, "media-type"},
		"a media type that is none":     {`{"name":"a"}`, "Content-Type: ;+;", 415, "media-type"},
		"compressed":                    {`{"name":"a"}`, "Content-Encoding: gzip", 415, "media-type"},
		"one byte more than 64 KiB":     {sized(64<<10 + 1), "", 413, "too-large"},
		"1 MiB":                         {sized(1 << 20), "", 413, "too-large"},
		"64 KiB are read":               {sized(64 << 10), "", 422, "invalid"}, // as a description, that's too long
		"64 KiB of fields nobody knows": {manyFields(), "", 422, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, call := range [][2]string{{"POST", "/api/services"}, {"PUT", path}, {"PATCH", path}} {
				headers := []string{}
				if tc.header != "" {
					headers = append(headers, tc.header)
				}
				a := p.call(call[0], call[1], tc.body, headers...)
				wantProblem(t, a, tc.status, tc.kind)
				if len(a.raw) > 64<<10 {
					t.Errorf("the answer has %d bytes", len(a.raw))
				}
			}
		})
	}
}

// sized returns a body of n bytes.
func sized(n int) string {
	const frame = `{"description":""}`
	return `{"description":"` + strings.Repeat("a", n-len(frame)) + `"}`
}

func manyFields() string {
	var b strings.Builder
	for i := 0; b.Len() < 60<<10; i++ {
		fmt.Fprintf(&b, `,"f%d":%d`, i, i)
	}
	return "{" + b.String()[1:] + "}"
}

func TestMediaTypesThatAreJSON(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"a"}`)
	for method, types := range map[string][]string{
		"PUT":   {"application/json", "Application/JSON; Charset=UTF-8", `application/json;charset="utf-8"`},
		"PATCH": {"application/json", "application/merge-patch+json", "application/merge-patch+json; charset=utf-8"},
	} {
		for _, mediaType := range types {
			if a := p.call(method, path, `{}`, "Content-Type: "+mediaType); a.status != 200 {
				t.Errorf("%s with %s: %d %s", method, mediaType, a.status, a.raw)
			}
		}
	}
	wantProblem(t, p.call("PUT", path, `{}`, "Content-Type: application/merge-patch+json"), 415, "media-type")
}

func TestBodyOfABrowserNeedsContentType(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"a"}`)
	if a := p.call("PATCH", path, `{}`, "Content-Type: "); a.status != 200 {
		t.Errorf("a program without Content-Type: %d", a.status)
	}
	wantProblem(t, p.call("PATCH", path, `{}`, "Content-Type: ", "Origin: "+p.url), 415, "media-type")
}

func TestTruncatedBodyIsMalformed(t *testing.T) {
	p := start(t, nil)
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	for name, request := range map[string]string{
		"fewer bytes than announced": "Content-Length: 100\r\n\r\n{\"name\":",
		"a chunk that is none":       "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, "POST /api/services HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+request); err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != http.StatusBadRequest {
				t.Errorf("status %d", res.StatusCode)
			}
		})
	}
}

// A client that sends a byte now and then gets an answer and is cut off. It must not
// decide how long the server reads, or waits for the rest before it answers; nor where the
// request is refused before that.
func TestSlowBodyIsCutOff(t *testing.T) {
	p := start(t, func(a *httpapi.API) { a.BodyTimeout = 50 * time.Millisecond })
	u, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		header, drop string
		status       int
	}{
		"announced":      {"Host: localhost\r\nContent-Length: 60000", " ", 408},
		"chunked":        {"Host: localhost\r\nTransfer-Encoding: chunked", "1\r\n \r\n", 408},
		"to another one": {"Host: evil.example\r\nContent-Length: 60000", " ", 421},
		"of another one": {"Host: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 60000", " ", 403},
		"by nobody":      {"Host: localhost\r\nAuthorization: Bearer x\r\nTransfer-Encoding: chunked", "1\r\n \r\n", 401},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.WriteString(conn, "POST /api/services HTTP/1.1\r\nContent-Type: application/json\r\n"+tc.header+"\r\n\r\n")
			if err != nil {
				t.Fatal(err)
			}
			var dripping sync.WaitGroup
			dripping.Go(func() {
				for range time.Tick(5 * time.Millisecond) {
					if _, err := io.WriteString(conn, tc.drop); err != nil {
						return
					}
				}
			})
			defer dripping.Wait()
			defer func() { _ = conn.Close() }()
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
			r := bufio.NewReader(conn)
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if res.StatusCode != tc.status || !res.Close {
				t.Errorf("status %d, closed %v", res.StatusCode, res.Close)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			if _, err := r.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the connection goes on: %v", err)
			}
		})
	}
}

func FuzzNoBodyIsAnInternalError(f *testing.F) {
	for _, seed := range []string{`{"name":"a"}`, `{"name":null,"tags":["a"]}`, `{"status":"down","interval":"10s"}`, `[`, "\xef\xbb\xbf{}",
		`{"status_url":"http://[::1%25]:99999/"}`, `{"name":"\ud83d","team":"\u0000"}`, `{"name":1e400,"id":{"a":[{}]}}`, `{"":"","\u0000":0}`} {
		f.Add(seed, "application/json")
	}
	f.Add(`{}`, "application/merge-patch+json")
	f.Add(`{}`, "a/b;c=\"")
	p := start(f, nil)
	path, _ := p.create(`{"name":"there"}`)
	f.Fuzz(func(t *testing.T, body, mediaType string) {
		if strings.ContainsFunc(mediaType, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // Go's client sends no such header
		}
		p := &portal{tb: t, url: p.url}
		for _, call := range [][2]string{{"POST", "/api/services"}, {"PUT", path}, {"PATCH", path}} {
			if a := p.call(call[0], call[1], body, "Content-Type: "+mediaType); a.status >= 500 {
				t.Errorf("%s %q: %d %s", call[0], body, a.status, a.raw)
			}
		}
	})
}
