package calendar

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/retry"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/say"
)

const (
	listEvery    = 30 * time.Second
	listRetry    = 2 * time.Second  // after a failure
	listFailures = 5                // in turn that are worth a line in the log
	listPause    = time.Second      // between two lists, however much changes
	firstRetry   = time.Minute      // after a failure; doubled for each more, up to the interval
	readers      = 4                // calendars that are read at once
	readAnew     = 6 * time.Hour    // when a calendar is read whatever its validators say: time goes on in it
	idle         = 10 * time.Minute // for which readers sleep if nothing is due
)

// Config configures a Watcher.
type Config struct {
	JS      jetstream.JetStream
	Client  *Client
	Every   time.Duration // between two readings of a calendar
	Log     *slog.Logger
	Metrics *Metrics
}

// Watcher reads the calendars that catalog-api names, and says what is in them.
type Watcher struct {
	Config

	mu      sync.Mutex
	feeds   map[string]*feed // by slug
	wake    chan struct{}    // that feeds has changed
	parsing sync.Mutex       // one at a time: each takes memory
}

// feed is a calendar that is read. What is after busy belongs to the reader that has set it.
type feed struct {
	slug, url, digest string

	due  time.Time
	busy bool

	failures int
	known    Validators
	parsed   time.Time          // when all of it was read last; zero: never
	last     events.ShiftsFound // what was found then
	skipped  int                // likewise
	problem  events.FeedProblem // of the last reading
}

// New returns a Watcher. Call Run.
func New(cfg Config) *Watcher {
	w := &Watcher{Config: cfg, feeds: map[string]*feed{}, wake: make(chan struct{}, readers)}
	cfg.Metrics.observe(w)
	return w
}

// Run reads calendars until ctx ends, and then returns nil. It returns an error only when the
// connection is closed for good.
func (w *Watcher) Run(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	sub, err := w.JS.Conn().Subscribe(events.AllTeams, func(*nats.Msg) {
		select {
		case changed <- struct{}{}:
		default: // it is known
		}
	})
	if err != nil {
		return fmt.Errorf("hear of changes of teams: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails only without a connection
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { w.keepList(ctx, changed); return nil })
	for range readers {
		g.Go(func() error { w.serve(ctx); return nil })
	}
	return g.Wait()
}

// keepList keeps the list of feeds current until ctx ends. While it cannot be had, those that are
// known are read.
func (w *Watcher) keepList(ctx context.Context, changed <-chan struct{}) {
	for failures := 0; ; {
		feeds, err := list(ctx, w.JS.Conn())
		wait := listEvery
		if err == nil {
			w.follow(feeds)
			failures = 0
		} else {
			wait = listRetry
			failures++
		}
		if failures == listFailures && ctx.Err() == nil { // once, and not while both start
			w.Log.WarnContext(ctx, "catalog-api does not say which calendars there are; retrying", "error", err)
		}
		if !say.Pause(ctx, listPause) {
			return
		}
		timer := time.NewTimer(wait - listPause)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// follow brings the feeds in line with the list. What is new, or has another URL, is due at once.
func (w *Watcher) follow(list []events.Feed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := make(map[string]*feed, len(list))
	for _, f := range list {
		if one := w.feeds[f.Slug]; one != nil && one.url == f.URL {
			now[f.Slug] = one
			continue
		}
		digest := sha256.Sum256([]byte(f.URL))
		now[f.Slug] = &feed{slug: f.Slug, url: f.URL, digest: hex.EncodeToString(digest[:])}
	}
	w.feeds = now
	w.stir()
}

// stir wakes the readers. The caller holds the lock.
func (w *Watcher) stir() {
	for range readers {
		select {
		case w.wake <- struct{}{}:
		default: // they are awake
		}
	}
}

// serve reads what is due, one calendar after another, until ctx ends.
func (w *Watcher) serve(ctx context.Context) {
	for ctx.Err() == nil {
		f, wait := w.take()
		if f != nil {
			w.look(ctx, f)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-w.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// take returns the feed that is due the longest, which is the caller's until it calls done; or
// nil, and how long none is due.
func (w *Watcher) take() (first *feed, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.feeds {
		if !f.busy && (first == nil || f.due.Before(first.due)) {
			first = f
		}
	}
	if first == nil {
		return nil, idle
	}
	if wait := time.Until(first.due); wait > 0 {
		return nil, wait
	}
	first.busy = true
	return first, 0
}

// done gives a feed back, and sets when it is due again.
func (w *Watcher) done(f *feed, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.busy = false
	f.due = time.Now().Add(wait)
	w.stir()
}

// current reports whether the feed is still that of its team.
func (w *Watcher) current(f *feed) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.feeds[f.slug] == f
}

// look reads a calendar, and says what is in it.
func (w *Watcher) look(ctx context.Context, f *feed) {
	first := f.last.Slug == "" && f.problem == ""
	found, err := w.read(ctx, f)
	if ctx.Err() != nil {
		return
	}
	failed, _ := errors.AsType[*Error](err)
	wait := w.Every
	switch {
	case failed != nil:
		wait = max(min(firstRetry<<min(f.failures, 10), w.Every), min(failed.Wait, retry.Most))
		f.failures++
	case first: // those that are read at the start are spread over the interval
		wait = w.Every/2 + time.Duration(share(f.slug)*float64(w.Every/2))
	}
	if failed == nil {
		f.failures = 0
	}
	w.tell(ctx, f, failed)
	if w.current(f) && say.Publish(ctx, w.JS, w.Log, found) {
		w.Metrics.published.Inc()
	}
	w.done(f, wait)
}

// read reads a calendar, and returns what is to be said of it. The error is an *Error, or that of
// ctx.
func (w *Watcher) read(ctx context.Context, f *feed) (events.ShiftsFound, error) {
	found := events.ShiftsFound{Slug: f.slug, URLDigest: f.digest}
	known := f.known
	if time.Since(f.parsed) >= readAnew {
		known = Validators{}
	}
	answer, err := w.Client.Read(ctx, f.url, known)
	found.ReadAt = time.Now().UTC().Truncate(time.Millisecond)
	switch {
	case err != nil:
	case answer.Unchanged:
		found.Shifts, found.CoversUntil = f.last.Shifts, f.last.CoversUntil
		w.Metrics.read(outcomeUnchanged)
		return found, nil
	default:
		err = w.parse(f, answer, &found)
	}
	if failed, is := errors.AsType[*Error](err); is {
		found.Problem = failed.Problem
		w.Metrics.read(string(failed.Problem))
		return found, err
	}
	if err == nil {
		w.Metrics.read(outcomeRead)
	}
	return found, err
}

// parse parses an answer, and keeps what is in it.
func (w *Watcher) parse(f *feed, answer Answer, found *events.ShiftsFound) error {
	w.parsing.Lock()
	defer w.parsing.Unlock()
	parsed, err := Parse(answer.Body, found.ReadAt)
	if err != nil {
		f.known = Validators{} // to say the same again needs the calendar
		return err
	}
	found.Shifts, found.CoversUntil = parsed.Shifts, parsed.CoversUntil
	f.known, f.parsed, f.last = answer.Validators, found.ReadAt, *found
	if f.skipped != parsed.Skipped && parsed.Skipped > 0 {
		w.Log.Warn("events of a calendar not read", "team", f.slug, "events", parsed.Skipped)
	}
	f.skipped = parsed.Skipped
	return nil
}

// tell logs a problem that is new, once.
func (w *Watcher) tell(ctx context.Context, f *feed, failed *Error) {
	before := f.problem
	f.problem = ""
	if failed != nil {
		f.problem = failed.Problem
	}
	switch {
	case failed != nil && failed.Problem != before:
		w.Log.WarnContext(ctx, "calendar not read", "team", f.slug, "problem", string(failed.Problem), "error", failed.Err)
	case failed == nil && before != "":
		w.Log.InfoContext(ctx, "calendar read again", "team", f.slug)
	}
}

// share returns where in a round a feed has its turn, from 0 to 1, the same at each start.
func share(key string) float64 {
	sum := sha256.Sum256([]byte(key))
	return float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32)
}
