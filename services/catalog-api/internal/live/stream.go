package live

import (
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

const (
	heartbeat    = 15 * time.Second // the page's lib/live.js relies on it
	writeTimeout = 10 * time.Second // for a client to take what it is sent
	maxIDLength  = 100              // longer ids are cut
	retryFull    = 30 * time.Second // when to retry if there are too many streams
)

// heartbeatEvent is an event, because a browser's EventSource hides comments from the
// page. It has data, because EventSource drops events without. It has no id, so that the
// position to resume from stays.
var heartbeatEvent = []byte("event: heartbeat\ndata: {}\n\n")

// ServeHTTP sends events until the client disconnects or is too slow, or Run ends.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who := rest.Client(r.Context())
	if p := h.admit(who); p != nil {
		rest.WriteProblem(w, r, p)
		return
	}
	defer h.release(who)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-cache, no-transform")
	header.Set("X-Accel-Buffering", "no") // otherwise nginx buffers events
	if r.Method == http.MethodHead {
		return
	}
	if err := h.stream(w, r); errors.Is(err, os.ErrDeadlineExceeded) {
		h.metrics.cut.WithLabelValues("slow").Inc()
	}
}

// admit counts a stream of a client, or returns why there can be no more.
func (h *Hub) admit(who string) *rest.Problem {
	h.mu.Lock()
	defer h.mu.Unlock()
	var p *rest.Problem
	switch {
	case h.all >= h.max:
		h.metrics.cut.WithLabelValues("full").Inc()
		p = rest.Unavailable.Problem("Too many event streams are open. Try again in 30 seconds; until then, poll the list.")
	case h.PerClient > 0 && h.open[who] >= h.PerClient:
		h.metrics.cut.WithLabelValues("greedy").Inc()
		p = rest.TooManyRequests.Problem("You have too many event streams open. Close some, or let your programs share one.")
	default:
		h.all++
		h.open[who]++
		h.metrics.clients.Inc()
		return nil
	}
	p.RetryAfter = retryFull
	return p
}

// release ends what admit began.
func (h *Hub) release(who string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.metrics.clients.Dec()
	h.all--
	if h.open[who]--; h.open[who] == 0 {
		delete(h.open, who)
	}
}

// stream sends events until the stream should end. It returns an error if it can't write.
func (h *Hub) stream(w http.ResponseWriter, r *http.Request) error {
	out := client{w: w, control: http.NewResponseController(w)}
	// The server reads the request's body before it sends the header. Its read deadline
	// must stay until then.
	if err := out.send([]byte("retry: 2000\n\n")); err != nil {
		return err
	}
	_ = out.control.SetReadDeadline(time.Time{}) // it would end the stream; fails if there is none
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()

	position := reader{lastID: lastEventID(r)}
	for {
		text, changed, end := h.history.read(&position)
		switch end {
		case tooSlow:
			h.metrics.cut.WithLabelValues("slow").Inc()
			return nil
		case connectionLost:
			h.metrics.cut.WithLabelValues("lost").Inc()
			return nil
		case proceed:
		}
		if err := out.send(text...); err != nil {
			return err
		}
		h.metrics.sent.Add(float64(len(text)))
		select {
		case <-changed:
		case <-ticker.C:
			if err := out.send(heartbeatEvent); err != nil {
				return err
			}
		case <-r.Context().Done():
			return nil
		case <-h.closing:
			return nil
		}
	}
}

func lastEventID(r *http.Request) string {
	id := r.Header.Get("Last-Event-ID")
	if id == "" {
		id = r.URL.Query().Get("last_event_id")
	}
	return id[:min(len(id), maxIDLength)]
}

// client is the connection to a browser.
type client struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send writes all of text and then flushes once.
func (c client) send(text ...[]byte) error {
	if len(text) == 0 {
		return nil
	}
	if err := c.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	for _, t := range text {
		if _, err := c.w.Write(t); err != nil {
			return err
		}
	}
	return c.control.Flush()
}
