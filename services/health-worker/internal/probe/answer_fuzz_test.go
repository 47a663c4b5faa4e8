package probe_test

import (
	"io"
	"net"
	"testing"
	"time"
)

// A probe has an outcome of the contract for any answer.
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
		if err := valid(url, got); err != nil {
			t.Errorf("%q: %+v: %v", text, got, err)
		}
	})
}
