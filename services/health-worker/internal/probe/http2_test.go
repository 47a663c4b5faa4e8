package probe_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// overHTTP2 serves each connection with fn, after the handshake and the client's
// preface. fn gets the number of earlier connections.
func overHTTP2(t *testing.T, cert tls.Certificate, protocols []string, fn func(conn net.Conn, nth int64)) string {
	t.Helper()
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: protocols}
	var served atomic.Int64
	return "https://" + raw(t, func(plain net.Conn) {
		conn := tls.Server(plain, cfg)
		if conn.Handshake() == nil {
			_, _ = io.CopyN(io.Discard, conn, int64(len(http2.ClientPreface)))
			fn(conn, served.Add(1)-1)
			_ = conn.CloseWrite()
		}
	})
}

// header encodes an HTTP/2 header of alternating names and values.
func header(fields ...string) []byte {
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for i := 0; i < len(fields); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}) // writing to a buffer never fails
	}
	return block.Bytes()
}

func answerWith(fr *http2.Framer, block []byte, end bool) {
	first := block[:min(len(block), 16<<10)]
	_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: first, EndStream: end, EndHeaders: len(first) == len(block)})
	for block = block[len(first):]; len(block) > 0; {
		part := block[:min(len(block), 16<<10)]
		block = block[len(part):]
		_ = fr.WriteContinuation(1, len(block) == 0, part)
	}
}

func TestOddAnswersOverHTTP2(t *testing.T) {
	known := newAuthority(t)
	cert := known.issue(t, nil)
	fine := header(":status", "200")
	for name, tc := range map[string]struct {
		serve func(fr *http2.Framer, conn net.Conn, nth int64)
		want  events.Reason
	}{
		"a header and no more": {func(fr *http2.Framer, _ net.Conn, _ int64) { answerWith(fr, fine, true) }, events.ReasonOK},
		"a body that is held":  {func(fr *http2.Framer, c net.Conn, _ int64) { answerWith(fr, fine, false); hang(c) }, events.ReasonOK},
		"a name in upper case": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			answerWith(fr, header(":status", "200", "X-Upper", "1", "connection", "close"), true)
		}, events.ReasonOK},
		"a header of 70 kB": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			answerWith(fr, header(":status", "200", "x", strings.Repeat("#", 70_000)), true)
		}, events.ReasonOK},
		"a header of 1 MB": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			answerWith(fr, header(":status", "503", "x", strings.Repeat("#", 1<<20)), true)
		}, events.ReasonHTTP5xx},
		"hints before it": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			answerWith(fr, header(":status", "103", "link", "x"), false)
			answerWith(fr, fine, true)
		}, events.ReasonOK},
		"settings and a ping before it": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			_ = fr.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0})
			_ = fr.WritePing(false, [8]byte{1})
			_ = fr.WriteWindowUpdate(0, 1)
			answerWith(fr, fine, true)
		}, events.ReasonOK},
		"HTTP/1.1 wanted": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			_ = fr.WriteRSTStream(1, http2.ErrCodeHTTP11Required)
		}, events.ReasonHTTP4xx},
		"refused once": {func(fr *http2.Framer, _ net.Conn, nth int64) {
			if nth == 0 {
				_ = fr.WriteRSTStream(1, http2.ErrCodeRefusedStream)
				return
			}
			answerWith(fr, fine, true)
		}, events.ReasonOK},
		"a server that goes away once": {func(fr *http2.Framer, _ net.Conn, nth int64) {
			if nth == 0 {
				_ = fr.WriteGoAway(0, http2.ErrCodeNo, nil)
				return
			}
			answerWith(fr, fine, true)
		}, events.ReasonOK},
		"a server that goes away after it": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			_ = fr.WriteGoAway(1, http2.ErrCodeNo, nil)
			answerWith(fr, fine, true)
		}, events.ReasonOK},
		"refused always": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			_ = fr.WriteRSTStream(1, http2.ErrCodeRefusedStream)
		}, events.ReasonReset},
		"broken off by the server": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			_ = fr.WriteRSTStream(1, http2.ErrCodeInternal)
		}, events.ReasonReset},
		"closed":           {func(*http2.Framer, net.Conn, int64) {}, events.ReasonReset},
		"no status":        {func(fr *http2.Framer, _ net.Conn, _ int64) { answerWith(fr, header("x", "y"), true) }, events.ReasonBadResponse},
		"a code of none":   {func(fr *http2.Framer, _ net.Conn, _ int64) { answerWith(fr, header(":status", "ok"), true) }, events.ReasonBadResponse},
		"garbage in place": {func(fr *http2.Framer, _ net.Conn, _ int64) { answerWith(fr, []byte("\xff\xff\xff\xff\xff"), true) }, events.ReasonBadResponse},
		"HTTP/1.1 instead": {func(_ *http2.Framer, c net.Conn, _ int64) { _, _ = io.WriteString(c, ok+two) }, events.ReasonBadResponse},
		"pings without end": {func(fr *http2.Framer, _ net.Conn, _ int64) {
			for fr.WritePing(false, [8]byte{}) == nil {
				continue
			}
		}, events.ReasonBadResponse},
		"hints without end": {func(fr *http2.Framer, c net.Conn, _ int64) {
			for range 1 << 15 {
				answerWith(fr, header(":status", "103", "link", "x"), false)
			}
			hang(c)
		}, events.ReasonBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			protocols := []string{"h2", "http/1.1"}
			url := overHTTP2(t, cert, protocols, func(conn net.Conn, nth int64) {
				if conn.(*tls.Conn).ConnectionState().NegotiatedProtocol != "h2" {
					_, _ = io.WriteString(conn, "HTTP/1.1 418 I'm a teapot\r\n\r\n")
					return
				}
				go func() { _, _ = io.Copy(io.Discard, conn) }() // it ends with the connection
				tc.serve(http2.NewFramer(conn, nil), conn, nth)
			})
			p := probe.New(probe.Config{Timeout: 20 * time.Second, TLS: &tls.Config{RootCAs: known.pool()}})
			if got := made(t, p, url); got.Reason != tc.want {
				t.Errorf("got %+v, want %s", got, tc.want)
			}
		})
	}
}
