// Package release watches the repositories that services link to, and says what releases they
// have: catalogue in, by the event stream; requests to forges, in turn and within their limits;
// and a message for each service whose releases have changed.
//
// There is one fetcher. A second one, as during an update, costs requests and does no harm:
// whoever reads the messages takes each answer once.
package release

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/forge"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/say"
)

const (
	askTimeout = 40 * time.Second // for all pages of a repository
	retryPause = time.Second
)

// Config configures a Watcher.
type Config struct {
	JS     jetstream.JetStream
	Client *forge.Client
	Forges []forge.Forge

	// Every is the time between two looks at a repository; where the forge's limit is too
	// low for that, it is longer.
	Every time.Duration

	Log     *slog.Logger
	Metrics *Metrics
}

// Watcher watches repositories.
type Watcher struct {
	Config

	mirror *stream.Mirror
	lanes  map[string]*lane // by the host of the forge
	other  *lane            // of links that are of no forge
	ready  atomic.Bool

	mu    sync.Mutex
	links map[string]string // of each service that has one, by its id
	sent  map[string]sent   // likewise, and of those that are gone
}

// New returns a Watcher. Call Run.
func New(cfg Config) *Watcher {
	w := &Watcher{
		Config: cfg, mirror: stream.NewMirror(cfg.JS, events.AllCatalog), lanes: map[string]*lane{},
		links: map[string]string{}, sent: map[string]sent{},
	}
	for _, f := range cfg.Forges {
		w.lanes[f.Host()] = newLane(f, cfg.Every)
	}
	w.other = newLane(forge.Forge{}, readAnew)
	w.mirror.OnChange = func(c stream.Change) {
		if c.After != nil {
			w.follow(c.After.ID)
		} else {
			w.follow(c.Before.ID)
		}
	}
	w.mirror.OnError = stream.LogErrors(cfg.Log, cfg.JS.Conn(), "catalogue")
	cfg.Metrics.observe(w.lanes)
	return w
}

// Ready returns an error unless the catalogue is followed.
func (w *Watcher) Ready() error {
	if !w.ready.Load() {
		return errors.New("the catalogue is not followed")
	}
	return nil
}

// Hint asks for a repository soon, as there may be news in it, and reports whether any service
// links there. Its error is that of Ready.
func (w *Watcher) Hint(link string) (wanted bool, err error) {
	if err := w.Ready(); err != nil {
		return false, err
	}
	lane, path := w.find(link)
	return lane != w.other && lane.hint(path), nil
}

// Run watches until ctx ends, and then returns nil. It returns an error only when the
// connection is closed for good.
func (w *Watcher) Run(ctx context.Context) error {
	if !w.load(ctx) {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.mirror.Run(ctx) })
	g.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-w.mirror.Ready():
		}
		for svc := range w.mirror.Services() {
			w.follow(svc.ID)
		}
		w.ready.Store(true)
		for _, l := range w.lanes {
			g.Go(func() error { w.serve(ctx, l); return nil })
		}
		w.serve(ctx, w.other)
		return nil
	})
	return g.Wait()
}

// load reads what was said last, with retries until ctx ends: catalog-api makes the stream.
func (w *Watcher) load(ctx context.Context) bool {
	told := stream.LogErrors(w.Log, w.JS.Conn(), "state")
	for {
		try, cancel := context.WithTimeout(ctx, time.Minute)
		found, err := readSent(try, w.JS)
		cancel()
		if err == nil {
			w.sent = found
			return true
		}
		if ctx.Err() == nil {
			told(fmt.Errorf("read what was said last: %w", err))
		}
		if !say.Pause(ctx, retryPause) {
			return false
		}
	}
}

// find returns the lane and the path of the repository that a link leads to.
func (w *Watcher) find(link string) (*lane, string) {
	if u, err := url.Parse(link); err == nil {
		if l := w.lanes[forge.Host(u)]; l != nil {
			if path, ok := l.forge.Repository(u); ok {
				return l, path
			}
		}
	}
	return w.other, link
}

// follow brings the lanes in line with what a service links to now.
func (w *Watcher) follow(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	svc, _ := w.mirror.Service(id) // without a link if it is gone
	before := w.links[id]
	if before == svc.GitHubURL {
		return
	}
	if before != "" {
		l, path := w.find(before)
		l.remove(id, path)
	}
	if svc.GitHubURL == "" {
		delete(w.links, id)
		delete(w.sent, id)
		return
	}
	w.links[id] = svc.GitHubURL
	last := w.sent[id]
	l, path := w.find(svc.GitHubURL)
	l.add(id, svc.GitHubURL, path, last.link == svc.GitHubURL && !last.old(time.Now()))
}

// serve asks for the repositories of a lane, one after another, until ctx ends.
func (w *Watcher) serve(ctx context.Context, l *lane) {
	for {
		r, ok := l.next(ctx)
		if !ok {
			return
		}
		if len(r.links) > 0 {
			w.look(ctx, l, r)
		}
	}
}

// look asks for a repository, and says what is new to the services that link to it.
func (w *Watcher) look(ctx context.Context, l *lane, r repository) {
	answer, err := w.ask(ctx, l, r)
	if ctx.Err() != nil {
		return
	}
	failed, _ := errors.AsType[*forge.Error](err)
	found := events.ReleasesFound{
		CheckedAt: time.Now().UTC().Truncate(time.Millisecond), Releases: answer.Releases, Complete: answer.Complete, Validator: answer.Validator,
	}
	if failed != nil {
		found.Problem = failed.Problem
	}
	l.answered(r.path, found.Problem != events.ProblemUnreachable && found.Problem != events.ProblemRateLimited)
	if answer.Unchanged {
		return
	}
	news := false
	for _, id := range r.ids() {
		found.ServiceID, found.GitHubURL = id, r.links[id]
		news = w.say(ctx, found) || news
	}
	if news && failed != nil && l != w.other { // once, however often it fails
		w.Log.WarnContext(ctx, "releases not read", "forge", l.forge.Host(), "repository", r.path, "problem", string(failed.Problem), "error", failed.Err)
	}
}

// ask asks the forge, and lets it rest if it wants that.
func (w *Watcher) ask(ctx context.Context, l *lane, r repository) (answer forge.Answer, err error) {
	if l == w.other {
		return answer, &forge.Error{Problem: events.ProblemUnsupported, Err: errors.New("the link is of no forge")}
	}
	try, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, budget, err := w.Client.Releases(try, l.forge, r.path, w.validator(r))
	if ctx.Err() != nil {
		return answer, ctx.Err()
	}
	w.Metrics.asked(l.forge.Host(), answer, budget, err)
	if budget.Remaining == 0 {
		l.pause(budget.Wait)
	}
	if failed, is := errors.AsType[*forge.Error](err); is && failed.Problem == events.ProblemRateLimited {
		l.pause(failed.Wait)
	}
	return answer, err
}
