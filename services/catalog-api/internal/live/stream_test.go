package live

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// newFedHub returns a hub without NATS, in epoch e1, with events of these sequences.
func newFedHub(sequences ...uint64) *Hub {
	h := New(nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	h.history.restart("e1")
	for _, s := range sequences {
		h.history.add(s, "status.changed", fmt.Appendf(nil, `{"n":%d}`, s))
	}
	h.history.caughtUp()
	return h
}

// browser is a ResponseWriter that records what it is sent, and can stall.
type browser struct {
	mu      sync.Mutex
	header  http.Header
	status  int
	text    bytes.Buffer
	stalled bool
}

func (b *browser) Header() http.Header {
	if b.header == nil {
		b.header = http.Header{}
	}
	return b.header
}

func (b *browser) WriteHeader(status int)           { b.status = status }
func (b *browser) SetWriteDeadline(time.Time) error { return nil }
func (b *browser) Flush()                           {}

func (b *browser) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stalled {
		time.Sleep(writeTimeout)
		return 0, os.ErrDeadlineExceeded
	}
	return b.text.Write(p)
}

// sent returns all text that was sent.
func (b *browser) sent() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// events returns the events that were sent, as "name id".
func (b *browser) events() []string {
	var list []string
	for block := range strings.SplitSeq(b.sent(), "\n\n") {
		var id, name string
		for line := range strings.SplitSeq(block, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "id":
				id = value
			case "event":
				name = value
			}
		}
		if name != "" {
			list = append(list, name+" "+id)
		}
	}
	return list
}

// open lets a browser read until the test's bubble ends or stop is called.
func open(t *testing.T, h *Hub, lastID string) (b *browser, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/events", http.NoBody)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	b = &browser{}
	go h.ServeHTTP(b, r)
	synctest.Wait()
	return b, cancel
}

func TestStreamBeginsWithItsHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, stop := open(t, newFedHub(), "")
		defer stop()
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no",
		} {
			if got := b.Header().Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if want := "retry: 2000\n\nid: e1-0\nevent: hello\ndata: {}\n\n"; b.sent() != want {
			t.Errorf("got %q, want %q", b.sent(), want)
		}
	})
}

func TestHeartbeatComesEvery15Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, stop := open(t, newFedHub(), "")
		defer stop()
		time.Sleep(heartbeat - time.Nanosecond)
		synctest.Wait()
		if got := b.events(); !slices.Equal(got, []string{"hello e1-0"}) {
			t.Errorf("before their time: %q", got)
		}
		time.Sleep(2*heartbeat + time.Nanosecond)
		synctest.Wait()
		// Events, which a page sees, and without an id, so that it resumes from where it was.
		if got := b.events(); !slices.Equal(got[1:], []string{"heartbeat ", "heartbeat ", "heartbeat "}) {
			t.Errorf("in 45 s, three heartbeats: %q", b.sent())
		}
	})
}

func TestSlowBrowserIsCutOffAndDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFedHub(1)
		quick, stop := open(t, h, "")
		defer stop()
		slow := &browser{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.ServeHTTP(slow, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/events", http.NoBody))
		}()
		synctest.Wait()
		slow.mu.Lock()
		slow.stalled = true
		slow.mu.Unlock()
		start := time.Now()
		for s := uint64(2); s < 3*depth; s++ {
			h.history.add(s, "status.changed", []byte(`{}`))
			if s%depth == 0 {
				synctest.Wait() // the quick one keeps up
			}
		}
		synctest.Wait()
		if took := time.Since(start); took != 0 {
			t.Errorf("feeding waited %s for the slow one", took)
		}
		if got := len(quick.events()); got != 3*depth-1 {
			t.Errorf("the quick one has %d events, want %d", got, 3*depth-1)
		}
		<-done
		if got := testutil.ToFloat64(h.metrics.cut.WithLabelValues("slow")); got != 1 {
			t.Errorf("%v were cut off, want 1", got)
		}
	})
}

func TestStreamsAreLimited(t *testing.T) {
	for name, tc := range map[string]struct {
		limit  func(*Hub)
		status int
	}{
		"in all":        {func(h *Hub) { h.max = 1 }, http.StatusServiceUnavailable},
		"of one client": {func(h *Hub) { h.PerClient = 1 }, http.StatusTooManyRequests},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newFedHub(1)
				tc.limit(h)
				_, stop := open(t, h, "")
				second := httptest.NewRecorder()
				h.ServeHTTP(second, httptest.NewRequest(http.MethodGet, "/api/events", http.NoBody))
				if second.Code != tc.status || second.Header().Get("Retry-After") != "30" ||
					second.Header().Get("Content-Type") != "application/problem+json" {
					t.Errorf("%d %v %s", second.Code, second.Header(), second.Body)
				}
				stop()
				synctest.Wait()
				third, stop := open(t, h, "")
				defer stop()
				if len(third.events()) != 1 {
					t.Error("no room after the first one went")
				}
			})
		})
	}
}

func TestHeadHasNoBody(t *testing.T) {
	w := httptest.NewRecorder()
	newFedHub(1).ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/api/events", http.NoBody))
	if w.Header().Get("Content-Type") != "text/event-stream" || w.Body.Len() > 0 {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}

func Test500BrowsersReceiveAllEvents(t *testing.T) {
	h := newFedHub(1)
	srv := httptest.NewServer(h)
	defer srv.Close()
	const browsers = 500
	var ready, done sync.WaitGroup
	ready.Add(browsers)
	client := &http.Client{Transport: &http.Transport{}}
	for range browsers {
		done.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"?last_event_id=e1-1", http.NoBody)
			if err != nil {
				t.Error(err)
			}
			res, err := client.Do(req)
			if err != nil {
				t.Error(err)
				ready.Done()
				return
			}
			defer func() { _ = res.Body.Close() }()
			text := make([]byte, 0, 16<<10)
			greeted := false
			for !bytes.Contains(text, []byte("event: last")) {
				n, err := res.Body.Read(text[len(text):cap(text)])
				text = text[:len(text)+n]
				if !greeted && bytes.Contains(text, []byte("hello")) {
					greeted = true
					ready.Done()
				}
				if err != nil && !errors.Is(err, io.EOF) {
					t.Error(err)
					return
				}
			}
			if got := bytes.Count(text, []byte("event: status.changed")); got != 50 {
				t.Errorf("%d events came, want 50", got)
			}
		})
	}
	ready.Wait()
	for s := uint64(2); s < 52; s++ {
		h.history.add(s, "status.changed", []byte(`{}`))
	}
	h.history.add(52, "last", []byte(`{}`))
	done.Wait()
}

// The server reads a body before it sends the header.
func TestSlowRequestBodyIsCutOff(t *testing.T) {
	h := newFedHub(1)
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout = 500 * time.Millisecond
	server.Start()
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: portal\r\nContent-Length: 100000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var dripping sync.WaitGroup
	dripping.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			_, _ = conn.Write([]byte("x")) // it may be cut off
			<-tick.C
		}
	})
	defer dripping.Wait()
	defer stop()
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.HasPrefix(answer, "HTTP/1.1 200") {
		t.Errorf("got %q, %v while the body drips", answer, err)
	}
}
