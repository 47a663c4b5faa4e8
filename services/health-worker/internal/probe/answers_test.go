package probe_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// ok is the beginning of a healthy answer, and two of a body of two bytes.
const (
	ok  = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	two = "Content-Length: 2\r\n\r\nok"
)

// asked serves each connection with fn, after reading the request.
func asked(t *testing.T, fn func(net.Conn)) string {
	t.Helper()
	return "http://" + raw(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 64<<10))
		fn(conn)
	})
}

func TestLenientHTTP1Answers(t *testing.T) {
	for name, text := range map[string]string{
		"no body":                             "HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n",
		"a part":                              "HTTP/1.1 206 Partial Content\r\n" + two,
		"an odd code":                         "HTTP/1.1 299 Odd\r\n" + two,
		"no reason":                           "HTTP/1.1 200\r\n" + two,
		"no reason but a space":               "HTTP/1.1 200 \r\n" + two,
		"a reason without a space":            "HTTP/1.1 200OK\r\n" + two,
		"a reason in Latin-1":                 "HTTP/1.1 200 Gef\xfchrt\r\n" + two,
		"more spaces":                         "HTTP/1.1  200  OK\r\n" + two,
		"HTTP/1.0":                            "HTTP/1.0 200 OK\r\n\r\nok",
		"HTTP/1.2":                            "HTTP/1.2 200 OK\r\n" + two,
		"a name in lower case":                "http/1.1 200 OK\r\n" + two,
		"a name in both cases":                "Http/1.1 200 OK\r\n" + two,
		"an empty line before it":             "\r\n" + ok + two,
		"hints before it":                     "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + ok + two,
		"many that go on":                     strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 8) + ok + two,
		"odd information before it":           "http/1.1 199\nno colon\n\n" + ok + two,
		"line feeds alone":                    "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
		"chunked twice":                       ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"chunked twice in a line":             ok + "Transfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"the encoding identity":               ok + "Transfer-Encoding: identity\r\n" + two,
		"an encoding that nobody knows":       ok + "Transfer-Encoding: br, x\r\n\r\nok",
		"lengths that agree":                  ok + "Content-Length: 2\r\n" + two,
		"lengths that differ":                 ok + "Content-Length: 3\r\n" + two,
		"a length that is none":               ok + "Content-Length: -1\r\n\r\nok",
		"a length and chunks":                 ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"less of a body than was said":        ok + "Content-Length: 100\r\n\r\n{",
		"chunks without an end":               ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"chunks that are none":                ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"a header of 60 kB":                   ok + "X: " + strings.Repeat("x", 60_000) + "\r\n" + two,
		"a header of 70 kB":                   ok + "X: " + strings.Repeat("x", 70_000) + "\r\n" + two,
		"a header of 1 MB":                    ok + "X: " + strings.Repeat("x", 1<<20) + "\r\n" + two,
		"a header of many lines":              ok + strings.Repeat("X: y\r\n", 100_000) + two,
		"a line without a colon":              ok + "this line has no colon\r\n" + two,
		"a line of a colon":                   ok + ":\r\n: x\r\n" + two,
		"a name in UTF-8":                     ok + "X-N\u00e4me: a\r\n" + two,
		"a name with spaces":                  ok + "X Name : a\r\n" + two,
		"a space before the colon":            ok + "X-Name : a\r\n" + two,
		"a value in Latin-1":                  ok + "X-Name: caf\xe9\r\n" + two,
		"a value with a zero":                 ok + "X-Name: a\x00b\r\n" + two,
		"a value with a carriage return":      ok + "X-Name: a\rb\r\n" + two,
		"a folded line":                       ok + "X-Name: a\r\n b\r\n" + two,
		"a fold of nothing":                   "HTTP/1.1 200 OK\r\n b\r\n" + two,
		"a header that is broken off":         ok + "X-Na",
		"a status line and nothing more":      "HTTP/1.1 200 OK\r\n",
		"a status line without line feed":     "HTTP/1.1 200 OK\r",
		"carriage returns alone":              strings.ReplaceAll(ok+two, "\n", ""),
		"cookies that are none":               ok + "Set-Cookie: \x00;;=\r\nSet-Cookie\r\n" + two,
		"an upgrade that is only offered":     ok + "Upgrade: h2c\r\nConnection: Upgrade\r\n" + two,
		"a body with an answer to no request": ok + two + ok + two,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := asked(t, func(conn net.Conn) { _, _ = io.WriteString(conn, text) })
			if got := made(t, newProber(20*time.Second), url); got.Status != events.StatusHealthy || got.Reason != events.ReasonOK {
				t.Errorf("got %+v, want healthy", got)
			}
		})
	}
}

func TestOddAnswersKeepTheirStatus(t *testing.T) {
	const odd = "\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\nno colon\r\n\r\n0\r\n\r\n"
	for line, want := range map[string]events.Reason{
		"HTTP/1.1 101 Switching Protocols": events.ReasonHTTP1xx,
		"HTTP/1.1 302":                     events.ReasonHTTP3xx,
		"http/1.1 404 Not Found":           events.ReasonHTTP4xx,
		"HTTP/1.1 503":                     events.ReasonHTTP5xx,
		"HTTP/1.1 600 Odd":                 events.ReasonHTTP5xx,
		"HTTP/1.1 999 Request denied":      events.ReasonHTTP5xx,
		"HTTP/1.1 000 ":                    events.ReasonHTTP5xx,
	} {
		t.Run(line, func(t *testing.T) {
			url := asked(t, func(conn net.Conn) { _, _ = io.WriteString(conn, line+odd) })
			if got := made(t, newProber(20*time.Second), url); got.Status != events.StatusDegraded || got.Reason != want {
				t.Errorf("got %+v, want degraded (%s)", got, want)
			}
		})
	}
}

func TestInvalidAnswerReasons(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want events.Reason
	}{
		"text alone, as of HTTP/0.9":     {"ok\n", events.ReasonBadResponse},
		"a page alone":                   {"<html><body>hello</body></html>", events.ReasonBadResponse},
		"a radio station":                {"ICY 200 OK\r\nicy-name:x\r\n\r\nok", events.ReasonBadResponse},
		"a shell":                        {"SSH-2.0-OpenSSH_9.6\r\n", events.ReasonBadResponse},
		"a mail server":                  {"220 mail.example ESMTP\r\n", events.ReasonBadResponse},
		"settings of HTTP/2":             {"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64", events.ReasonBadResponse},
		"an alert of TLS":                {"\x15\x03\x01\x00\x02\x02\x46", events.ReasonBadResponse},
		"a code of two digits":           {"HTTP/1.1 20 OK\r\n\r\n", events.ReasonBadResponse},
		"a code of four digits":          {"HTTP/1.1 2000 OK\r\n\r\n", events.ReasonBadResponse},
		"a code of letters":              {"HTTP/1.1 OK\r\n\r\n", events.ReasonBadResponse},
		"no code":                        {"HTTP/1.1\r\n\r\n", events.ReasonBadResponse},
		"something like HTTP":            {"HTTPS/1.1 200 OK\r\n\r\n", events.ReasonBadResponse},
		"a request":                      {"GET / HTTP/1.1\r\n\r\n", events.ReasonBadResponse},
		"a line without end":             {"HTTP/1.1 200 " + strings.Repeat("x", 1<<20), events.ReasonBadResponse},
		"information without end":        {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1<<16), events.ReasonBadResponse},
		"nothing":                        {"", events.ReasonReset},
		"half a status line":             {"HTTP/1.1 2", events.ReasonReset},
		"the beginning of one":           {"H", events.ReasonReset},
		"nothing after information":      {"HTTP/1.1 100 Continue\r\n\r\n", events.ReasonReset},
		"information that is broken off": {"HTTP/1.1 103 Early Hints\r\nLink: <", events.ReasonReset},
		"empty lines":                    {"\r\n\r\n", events.ReasonReset},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := asked(t, func(conn net.Conn) { _, _ = io.WriteString(conn, tc.text) })
			if got := made(t, newProber(20*time.Second), url); got.Status != events.StatusDown || got.Reason != tc.want {
				t.Errorf("got %+v, want down (%s)", got, tc.want)
			}
		})
	}
}

func TestGarbageFailsAtOnce(t *testing.T) {
	url := asked(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "\x00\x01\x02")
		hang(conn)
	})
	if got := made(t, newProber(20*time.Second), url); got.Reason != events.ReasonBadResponse {
		t.Errorf("got %+v, want %s, not a timeout", got, events.ReasonBadResponse)
	}
}

// The limit here is far more than a probe takes that doesn't wait for the body, and
// far less than one takes that does.
func TestEndlessBodyDoesNotDelayProbe(t *testing.T) {
	for name, text := range map[string]string{
		"events":                   "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hi\n\n",
		"a drip":                   ok + "Content-Length: 60000\r\n\r\n",
		"chunks that stop":         ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"less than was said":       ok + "Content-Length: 100\r\n\r\n{\"status\":",
		"none, but held":           "HTTP/1.1 204 No Content\r\n\r\n",
		"another protocol":         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"a redirect with the same": "HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := asked(t, func(conn net.Conn) {
				_, _ = io.WriteString(conn, text)
				faults[len(faults)-1].do(conn.(*net.TCPConn), strings.NewReader(""))
			})
			start := time.Now()
			got := made(t, newProber(time.Hour), url)
			if got.HTTPStatus == 0 {
				t.Errorf("got %+v, want an answer", got)
			}
			if took := time.Since(start); strings.Contains(text, "200") && took-got.Latency < time.Second {
				t.Errorf("the latency is %s of %s, want it without the second for the body", got.Latency, took)
			}
		})
	}
}
