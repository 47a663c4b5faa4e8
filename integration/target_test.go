package integration

import (
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// target is a probed service, whose answers a test can change.
type target struct {
	t    *testing.T
	addr string
	srv  *http.Server

	mu     sync.Mutex
	answer http.HandlerFunc
	hits   map[string][]time.Time // by path
	asked  chan string            // a path for each request
}

// serve starts a target on an address of the loopback network.
func serve(t *testing.T, ip string) *target {
	t.Helper()
	g := &target{t: t, addr: net.JoinHostPort(ip, "0"), answer: status(http.StatusOK), hits: map[string][]time.Time{}, asked: make(chan string, 100_000)}
	g.open()
	t.Cleanup(g.refuse)
	return g
}

func (g *target) url(path string) string { return "http://" + g.addr + path }

// open listens again, at the same address.
func (g *target) open() {
	g.t.Helper()
	ln, err := net.Listen("tcp", g.addr)
	if err != nil {
		g.t.Fatal(err)
	}
	g.addr = ln.Addr().String()
	g.srv = &http.Server{Handler: http.HandlerFunc(g.handle)}
	go func() { _ = g.srv.Serve(ln) }() // ends with Close
}

// refuse closes the port: connections are refused.
func (g *target) refuse() { _ = g.srv.Close() }

// set sets the handler of requests.
func (g *target) set(answer http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

func (g *target) handle(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	answer := g.answer
	g.hits[r.URL.Path] = append(g.hits[r.URL.Path], time.Now())
	g.mu.Unlock()
	g.asked <- r.URL.Path
	answer(w, r)
}

// seen returns the times of the requests of a path.
func (g *target) seen(path string) []time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]time.Time{}, g.hits[path]...)
}

// next waits for the next request of a path.
func (g *target) next(path string) {
	g.t.Helper()
	timeout := time.After(waitTimeout)
	for {
		select {
		case got := <-g.asked:
			if got == path {
				return
			}
		case <-timeout:
			g.t.Fatalf("timed out waiting for a probe of %s", path)
		}
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// hang does not answer until the client gives up.
func hang(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
}
