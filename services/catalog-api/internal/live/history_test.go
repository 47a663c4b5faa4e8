package live

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

func TestStreamResumes(t *testing.T) {
	for name, tc := range map[string]struct {
		lastID string
		want   []string
	}{
		"a new browser is placed at the end": {"", []string{"hello e1-9"}},
		"one that missed nothing":            {"e1-9", []string{"hello e1-9"}},
		"one that missed two":                {"e1-5", []string{"hello e1-5", "status.changed e1-7", "status.changed e1-9"}},
		"an id that is in a gap":             {"e1-6", []string{"hello e1-6", "status.changed e1-7", "status.changed e1-9"}},
		"just before the oldest":             {"e1-4", []string{"hello e1-4", "status.changed e1-5", "status.changed e1-7", "status.changed e1-9"}},
		"older than what is kept":            {"e1-3", []string{"hello e1-0", "reset e1-9"}},
		"of another stream":                  {"e0-7", []string{"hello e1-0", "reset e1-9"}},
		"from the future":                    {"e1-10", []string{"hello e1-0", "reset e1-9"}},
		"not an id of ours":                  {"nonsense", []string{"hello e1-0", "reset e1-9"}},
		"a number too large":                 {"e1-99999999999999999999", []string{"hello e1-0", "reset e1-9"}},
		"a number below zero":                {"e1--5", []string{"hello e1-0", "reset e1-9"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newFedHub(5, 7, 9)
				b, stop := open(t, h, tc.lastID)
				defer stop()
				if got := b.events(); !slices.Equal(got, tc.want) {
					t.Errorf("got %v, want %v", got, tc.want)
				}
				h.history.add(12, "service.created", []byte("{\n\"a\": 1\r\n}"))
				synctest.Wait()
				if got := b.events(); got[len(got)-1] != "service.created e1-12" {
					t.Errorf("then came %v", got)
				}
				if !strings.HasSuffix(b.sent(), "data: {\"a\":1}\n\n") {
					t.Errorf("data with line breaks: %q", b.sent())
				}
			})
		})
	}
}

func TestNewStreamResetsReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFedHub(5)
		b, stop := open(t, h, "")
		defer stop()
		h.history.restart("e2")
		h.history.add(1, "service.updated", []byte(`{}`))
		late, stopLate := open(t, h, "e1-5")
		defer stopLate()
		if got := late.events(); len(got) > 0 {
			t.Errorf("before the history is read: %v", got)
		}
		h.history.caughtUp()
		synctest.Wait()
		h.history.add(2, "status.changed", []byte(`{}`))
		synctest.Wait()
		if got, want := b.events(), []string{"hello e1-5", "reset e2-1", "status.changed e2-2"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got, want := late.events(), []string{"hello e2-0", "reset e2-1", "status.changed e2-2"}; !slices.Equal(got, want) {
			t.Errorf("who came meanwhile got %v, want %v", got, want)
		}
	})
}

func TestStreamsEndWhileNATSIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFedHub(5)
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.ServeHTTP(&browser{}, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/events", http.NoBody))
		}()
		synctest.Wait()
		h.history.setLost(true)
		<-done // its stream ended
		b, stop := open(t, h, "e1-5")
		defer stop()
		if got := b.events(); len(got) > 0 {
			t.Errorf("greeted while nothing can come: %v", got)
		}
		h.history.setLost(false)
		synctest.Wait()
		if got, want := b.events(), []string{"hello e1-5"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestReaderThatFellBehindIsTooSlow(t *testing.T) {
	h := newFedHub(1)
	var r reader
	h.history.read(&r)
	for s := uint64(2); s < 3*depth; s++ {
		h.history.add(s, "status.changed", []byte(`{}`))
	}
	if text, _, end := h.history.read(&r); end != tooSlow || len(text) > 0 {
		t.Errorf("outcome %v with %d events", end, len(text))
	}
	if n := len(h.history.frames); n < depth || n > depth+depth/4 {
		t.Errorf("%d events are kept, want about %d", n, depth)
	}
}
