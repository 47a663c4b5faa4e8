package probe_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Whatever a target answers, a probe has an outcome that the contract knows.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 000 \r\n\r\n", "HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		url := "http://" + raw(t, func(conn net.Conn) {
			_ = conn.SetDeadline(time.Now().Add(time.Second))
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write(text)
			_ = conn.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, conn)
		})
		got := made(t, newProber(time.Second), url)
		result := events.ProbeCompleted{
			ServiceID: "0199d8a0-0000-7000-8000-000000000000", Version: 1, URL: url, Status: got.Status, Reason: got.Reason,
			HTTPStatus: got.HTTPStatus, PlannedAt: time.Now(), CheckedAt: time.Now(), Location: "default",
		}
		if err := result.Validate(); err != nil {
			t.Errorf("%q: %+v: %v", text, got, err)
		}
	})
}
