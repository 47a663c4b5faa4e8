package probe_test

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// await polls until count returns at most most.
func await(t *testing.T, what string, most int, count func() int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); count() > most; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d %s are left, want at most %d", count(), what, most)
		}
	}
}

// openFiles counts this process' file descriptors, connections among them.
func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not show open files")
	}
	return len(files)
}

// faults are the ways in which a target may misbehave in the middle of its answer;
// rest is the remainder of the answer.
var faults = []struct {
	name string
	do   func(conn *net.TCPConn, rest io.Reader)
}{
	{"hold", func(conn *net.TCPConn, _ io.Reader) { hang(conn) }},
	{"close", func(*net.TCPConn, io.Reader) {}},
	{"half close", func(conn *net.TCPConn, _ io.Reader) { _ = conn.CloseWrite(); hang(conn) }},
	{"reset", func(conn *net.TCPConn, _ io.Reader) { _ = conn.SetLinger(0) }},
	{"garbage", func(conn *net.TCPConn, _ io.Reader) { _, _ = io.CopyN(conn, rand.Reader, 100) }},
	{"garbage, then hold", func(conn *net.TCPConn, _ io.Reader) { _, _ = io.CopyN(conn, rand.Reader, 100); hang(conn) }},
	{"drip", func(conn *net.TCPConn, rest io.Reader) {
		for b := make([]byte, 1); ; <-time.After(20 * time.Millisecond) {
			if _, err := rest.Read(b); err != nil {
				b[0] = '.'
			}
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
	}},
}

// misbehaver is a proxy for a target. On each connection it passes a number of bytes
// of the answer and then misbehaves. The next connection has the next fault, or one
// more byte.
type misbehaver struct {
	net.Listener
	target   string
	next     atomic.Int64 // of the cases, each a number of bytes and a fault
	each     int          // cases a byte
	sent     atomic.Int64 // bytes of a whole answer
	open     atomic.Int64
	attended sync.WaitGroup
}

func misbehave(t *testing.T, target string, each int) *misbehaver {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &misbehaver{Listener: ln, target: target, each: each}
	m.next.Store(-1) // the first answer is complete
	m.attended.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			m.attended.Go(func() { m.attend(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		m.attended.Wait()
	})
	return m
}

func (m *misbehaver) attend(conn *net.TCPConn) {
	m.open.Add(1)
	defer m.open.Add(-1)
	target, err := net.Dial("tcp", m.target)
	if err != nil {
		_ = conn.Close()
		return
	}
	sent := make(chan bool)
	go func() {
		defer close(sent)
		_, _ = io.Copy(target, conn)
		_ = target.(*net.TCPConn).CloseWrite()
	}()
	defer func() {
		_ = conn.CloseRead()
		_ = target.Close()
		<-sent
		_ = conn.Close()
	}()
	n := int(m.next.Add(1)) - 1
	if n < 0 {
		sent, _ := io.Copy(conn, target)
		m.sent.Store(sent)
		return
	}
	_, _ = io.CopyN(conn, target, int64(n/m.each))
	fault := faults[n%m.each]
	if m.each == 1 {
		fault = faults[n%len(faults)]
	}
	fault.do(conn, target)
}

// helloTwice answers 103 and then 200.
func helloTwice(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Link", "</a.css>; rel=preload")
	w.WriteHeader(http.StatusEarlyHints)
	_, _ = io.WriteString(w, "hello")
}

func TestProbesLeakNothing(t *testing.T) {
	known := newAuthority(t)
	for name, tc := range map[string]struct {
		tls, http2 bool
		each       int // faults at each byte
	}{
		"HTTP":            {each: len(faults)},
		"HTTP over TLS":   {tls: true, each: 1}, // in turn: the handshake alone has some 800 bytes
		"HTTP/2 over TLS": {tls: true, http2: true, each: 1},
	} {
		t.Run(name, func(t *testing.T) {
			target := httptest.NewServer(http.HandlerFunc(helloTwice))
			scheme := "http://"
			if tc.tls {
				scheme = "https://"
				target.Close()
				target = secureServer(t, known.issue(t, nil), func(s *httptest.Server) {
					s.EnableHTTP2 = tc.http2
					s.TLS.CurvePreferences = []tls.CurveID{tls.X25519} // has the shortest keys
				})
			}
			defer target.Close()
			m := misbehave(t, strings.TrimPrefix(target.URL, scheme), tc.each)
			p := probe.New(probe.Config{Timeout: 400 * time.Millisecond, TLS: &tls.Config{RootCAs: known.pool()}})
			url := scheme + m.Addr().String()

			patient := probe.New(probe.Config{Timeout: time.Minute, TLS: &tls.Config{RootCAs: known.pool()}})
			if got := made(t, patient, url); got.Status != events.StatusHealthy {
				t.Fatalf("got %+v from a target that behaves, want healthy", got)
			}
			await(t, "connections", 0, func() int { return int(m.open.Load()) })
			goroutines, files := runtime.NumGoroutine(), openFiles(t)

			probeAtOnce(t, p, url, int(m.sent.Load()+2)*tc.each)
			await(t, "connections", 0, func() int { return int(m.open.Load()) })
			await(t, "open files", files, func() int { return openFiles(t) })
			await(t, "goroutines", goroutines, runtime.NumGoroutine)
		})
	}
}

// probeAtOnce makes a number of probes, many of them concurrently.
func probeAtOnce(t *testing.T, p *probe.Prober, url string, n int) {
	t.Helper()
	places := make(chan bool, 128)
	var probes sync.WaitGroup
	for range n {
		places <- true
		probes.Go(func() {
			defer func() { <-places }()
			got, err := p.HTTP(t.Context(), url)
			if err := errors.Join(err, valid(url, got)); err != nil {
				t.Errorf("%+v: %v", got, err)
			}
		})
	}
	probes.Wait()
}

// valid returns nil if the outcome is one of the contract.
func valid(url string, got probe.Outcome) error {
	result := events.ProbeCompleted{
		ServiceID: "0199d8a0-0000-7000-8000-000000000000", Version: 1, URL: url, Status: got.Status, Reason: got.Reason,
		HTTPStatus: got.HTTPStatus, PlannedAt: time.Now(), CheckedAt: time.Now(), Location: "default",
	}
	if err := result.Validate(); err != nil {
		return fmt.Errorf("outcome is not in the contract: %w", err)
	}
	return nil
}
