package calendar_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/calendar"
)

// system is a broker with the portal's streams, a catalogue that names feeds, a server of
// calendars, and what is said of them.
type system struct {
	t    *testing.T
	js   jetstream.JetStream
	said jetstream.MessagesContext
	logs lockedBuffer
	at   string // where the server is

	mu       sync.Mutex
	feeds    []events.Feed
	answers  map[string]http.HandlerFunc // by the path
	pageSize int
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newSystem(t *testing.T) *system {
	t.Helper()
	s := &system{t: t, js: devtest.JetStream(t, devtest.NATS(t).URL()), answers: map[string]http.HandlerFunc{}, pageSize: 2}
	s.at = strings.TrimSuffix(serve(t, s.serve), "/basic.ics")
	if err := stream.Ensure(t.Context(), s.js, 1); err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.Shifts(t.Context(), s.js)
	if err != nil {
		t.Fatal(err)
	}
	if s.said, err = consumer.Messages(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.said.Stop)
	if _, err := s.js.Conn().Subscribe(events.FeedsSubject, s.list); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *system) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	answer := s.answers[strings.TrimPrefix(r.URL.Path, "/"+secret+"/")]
	s.mu.Unlock()
	if answer == nil {
		answer = http.NotFound
	}
	answer(w, r)
}

// list answers as catalog-api does.
func (s *system) list(msg *nats.Msg) {
	if !strings.HasPrefix(msg.Reply, events.FeedsReplies) {
		s.t.Errorf("the answer is wanted on %s", msg.Reply)
	}
	var request events.FeedsRequest
	if err := json.Unmarshal(msg.Data, &request); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var page events.Feeds
	for _, f := range s.feeds {
		if f.Slug > request.After {
			page.Feeds = append(page.Feeds, f)
		}
	}
	if page.More = len(page.Feeds) > s.pageSize; page.More {
		page.Feeds = page.Feeds[:s.pageSize]
	}
	data, err := json.Marshal(page)
	if err == nil {
		err = msg.Respond(data)
	}
	if err != nil {
		s.t.Error(err)
	}
}

// set sets the feeds: slugs with their paths. The watcher hears of it.
func (s *system) set(paths ...string) {
	s.t.Helper()
	s.mu.Lock()
	s.feeds = nil
	for _, path := range paths {
		slug, file, _ := strings.Cut(path, "=")
		s.feeds = append(s.feeds, events.Feed{Slug: slug, URL: s.at + "/" + file})
	}
	s.mu.Unlock()
	if err := s.js.Conn().Publish(events.TeamSubject("payments"), nil); err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) answer(path string, handler http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = handler
}

// start runs a watcher until the test ends, and checks that its log has no URL.
func (s *system) start(every time.Duration) {
	s.t.Helper()
	w := calendar.New(calendar.Config{
		JS: s.js, Client: newClient(), Every: every, Log: slog.New(slog.NewTextHandler(&s.logs, nil)), Metrics: calendar.NewMetrics(prometheus.NewRegistry()),
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
		if logs := s.logs.String(); strings.Contains(logs, secret) {
			s.t.Errorf("the log has a URL:\n%s", logs)
		}
	})
}

// next returns what is said next, and checks that the URL is not in it.
func (s *system) next() events.ShiftsFound {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	msg, err := s.said.Next(jetstream.NextContext(ctx))
	if err != nil {
		s.t.Fatalf("nothing is said: %v\n%s", err, s.logs.String())
	}
	if err := msg.Ack(); err != nil {
		s.t.Fatal(err)
	}
	if strings.Contains(string(msg.Data()), secret) {
		s.t.Errorf("it has the URL: %s", msg.Data())
	}
	found, err := events.DecodeAs[events.ShiftsFound](msg.Headers(), msg.Data())
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// until returns the next of a team for which the condition holds.
func (s *system) until(slug string, is func(events.ShiftsFound) bool) events.ShiftsFound {
	s.t.Helper()
	for {
		if found := s.next(); found.Slug == slug && is(found) {
			return found
		}
	}
}

func digestOf(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:])
}

// onCall answers with a calendar in which somebody is on call today.
func onCall(name string) http.HandlerFunc {
	from := time.Now().UTC().Truncate(time.Hour)
	body := calendarOf(eventOf("SUMMARY:"+name, "DTSTART:"+from.Format("20060102T150405Z"), "DURATION:PT12H"))
	return func(w http.ResponseWriter, r *http.Request) {
		tag := `"` + name + `"`
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag)
		_, _ = w.Write(body)
	}
}

func names(found events.ShiftsFound) (list []string) {
	for _, s := range found.Shifts {
		list = append(list, s.Name)
	}
	return list
}

func TestCalendarsAreSaid(t *testing.T) {
	s := newSystem(t)
	s.answer("a", onCall("Ada"))
	s.answer("b", onCall("Grace"))
	s.answer("c", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>" + secret)) })
	s.set("billing=a", "ledger=b", "payments=c")
	s.start(time.Hour)
	got := map[string]events.ShiftsFound{}
	for range 3 {
		found := s.next()
		got[found.Slug] = found
	}
	for slug, want := range map[string]struct {
		path    string
		names   []string
		problem events.FeedProblem
	}{"billing": {"a", []string{"Ada"}, ""}, "ledger": {"b", []string{"Grace"}, ""}, "payments": {"c", nil, events.FeedBadAnswer}} {
		found := got[slug]
		if !slices.Equal(names(found), want.names) || found.Problem != want.problem || found.URLDigest != digestOf(s.at+"/"+want.path) {
			t.Errorf("%s: got %+v", slug, found)
		}
		if time.Since(found.ReadAt) > time.Minute || (want.problem == "") != (time.Until(found.CoversUntil) > 59*24*time.Hour) {
			t.Errorf("%s: read at %s, until %s", slug, found.ReadAt, found.CoversUntil)
		}
	}
	s.set("billing=b", "payments=c") // at once, though it is not due for an hour
	if found := s.next(); found.Slug != "billing" || found.URLDigest != digestOf(s.at+"/b") || !slices.Equal(names(found), []string{"Grace"}) {
		t.Errorf("of another URL: %+v", found)
	}
	s.set("billing=b", "ledger=a", "payments=c")
	if found := s.next(); found.Slug != "ledger" || !slices.Equal(names(found), []string{"Ada"}) {
		t.Errorf("of a team that comes again: %+v", found)
	}
}

// A calendar is said after each reading, also while it is unchanged: its age is shown.
func TestUnchangedCalendarIsSaidAgain(t *testing.T) {
	s := newSystem(t)
	unchanged := make(chan struct{}, 1)
	ada := onCall("Ada")
	s.answer("a", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			select {
			case unchanged <- struct{}{}:
			default:
			}
		}
		ada(w, r)
	})
	s.set("billing=a")
	s.start(20 * time.Millisecond)
	first := s.next()
	<-unchanged
	for range 3 {
		again := s.next()
		if !again.ReadAt.After(first.ReadAt) || !slices.Equal(names(again), []string{"Ada"}) || !again.CoversUntil.Equal(first.CoversUntil) {
			t.Errorf("again: %+v, at first %+v", again, first)
		}
		first = again
	}
	s.answer("a", nil)
	s.until("billing", func(f events.ShiftsFound) bool { return f.Problem == events.FeedNotFound && f.Shifts == nil })
	s.answer("a", ada)
	s.until("billing", func(f events.ShiftsFound) bool { return f.Problem == "" && slices.Equal(names(f), []string{"Ada"}) })
	s.answer("a", onCall("Grace"))
	s.until("billing", func(f events.ShiftsFound) bool { return slices.Equal(names(f), []string{"Grace"}) })
	if n := strings.Count(s.logs.String(), "calendar not read"); n != 1 {
		t.Errorf("the problem is logged %d times:\n%s", n, s.logs.String())
	}
}
