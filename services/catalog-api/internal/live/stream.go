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
	retryFull    = 30 * time.Second // when to retry if there are too many clients
)

// heartbeatEvent is an event, because a browser's EventSource hides comments from the
// page. It has data, because EventSource drops events without. It has no id, so that the
// position to resume from stays.
var heartbeatEvent = []byte("event: heartbeat\ndata: {}\n\n")

// ServeHTTP sends events until the client disconnects or is too slow, or Run ends.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.clients.Add(1) > h.max {
		h.clients.Add(-1)
		h.metrics.cut.WithLabelValues("full").Inc()
		full := rest.Unavailable.Problem("Too many event streams are open. " +
			"Try again in 30 seconds; until then, poll the list.")
		full.RetryAfter = retryFull
		rest.WriteProblem(w, r, full)
		return
	}
	h.metrics.clients.Inc()
	defer func() {
		h.clients.Add(-1)
		h.metrics.clients.Dec()
	}()
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
