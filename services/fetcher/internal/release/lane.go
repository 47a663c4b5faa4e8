package release

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/dev-portal/dev-portal/services/fetcher/internal/forge"
)

const (
	firstRetry = time.Minute      // after a failure; doubled for each more, up to the interval
	hintPause  = 20 * time.Second // between two requests for a repository that somebody asks for
	maxPause   = time.Hour
)

// lane is the timetable of a forge: its repositories, of which one at a time is asked for, the
// one that is due the longest first.
type lane struct {
	forge   forge.Forge
	every   time.Duration // between two looks at a repository, while the limit allows it
	limiter *rate.Limiter

	mu     sync.Mutex
	repos  map[string]*repository // by their paths in lower case
	queue  timetable              // of the same
	paused time.Time              // until when the forge takes no requests
	wake   chan struct{}          // that repos or paused has changed
}

// repository is one of a lane, with the services that link to it.
type repository struct {
	path     string
	links    map[string]string // by the ids of the services: as each has it
	due      time.Time
	asked    time.Time // last
	failures int       // since the last answer
	place    int       // in the timetable
}

// The limits of requests, below those of the forges: GitHub takes 60 an hour of an address, and
// 5,000 with a token. What was saved up lets what is new be read at once.
const (
	anonymousGitHub = 50.0 / 3600
	anonymousBurst  = 8
	patient         = 1.0
	patientBurst    = 20
)

// newLane returns the lane of a forge; that of the zero Forge is for links that are of no forge,
// whose answer needs no request.
func newLane(f forge.Forge, every time.Duration) *lane {
	limit, burst := rate.Limit(patient), patientBurst
	switch {
	case f.Kind == "":
		limit = rate.Inf
	case f.Kind == forge.GitHub && f.Host() == "github.com" && f.Token == nil:
		limit, burst = anonymousGitHub, anonymousBurst
	}
	return &lane{forge: f, every: every, limiter: rate.NewLimiter(limit, burst), repos: map[string]*repository{}, wake: make(chan struct{}, 1)}
}

// add adds a service's link to a repository. One that is not known is due at once; known says
// that it was read before, and is due when its turn comes.
func (l *lane) add(id, link, path string, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := strings.ToLower(path)
	r := l.repos[key]
	if r == nil {
		r = &repository{path: path, links: map[string]string{}}
		if known {
			r.due = time.Now().Add(time.Duration(float64(l.round()) * share(key)))
		}
		l.repos[key] = r
		l.queue.add(r)
	} else if !known {
		r.due = time.Time{}
		l.queue.moved(r)
	}
	r.links[id] = link
	l.stir()
}

// remove removes a service's link.
func (l *lane) remove(id, path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := strings.ToLower(path)
	if r := l.repos[key]; r != nil {
		if delete(r.links, id); len(r.links) == 0 {
			delete(l.repos, key)
			l.queue.remove(r)
		}
	}
}

// hint makes a repository due, as somebody knows of news, and reports whether it is there.
func (l *lane) hint(path string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.repos[strings.ToLower(path)]
	if r == nil {
		return false
	}
	if soon := r.asked.Add(hintPause); r.due.After(soon) {
		r.due = soon
		l.queue.moved(r)
	}
	l.stir()
	return true
}

// pause lets the forge rest.
func (l *lane) pause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paused = time.Now().Add(min(d, maxPause))
}

// stir wakes next. The caller holds the lock.
func (l *lane) stir() {
	select {
	case l.wake <- struct{}{}:
	default: // it is awake
	}
}

// round returns in which time each repository is read once: the interval, or longer if the
// limit does not allow that for so many. The caller holds the lock.
func (l *lane) round() time.Duration {
	least := time.Duration(math.Ceil(float64(len(l.repos)) / float64(l.limiter.Limit()) * float64(time.Second)))
	return max(l.every, least)
}

// next waits until a repository is due and the forge takes a request, and returns the
// repository as it is then. It returns false when ctx ends.
func (l *lane) next(ctx context.Context) (repository, bool) {
	for {
		wait := l.untilDue()
		if wait <= 0 {
			break
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return repository{}, false
		case <-l.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
	if l.limiter.Wait(ctx) != nil {
		return repository{}, false
	}
	return l.take(), true
}

// untilDue returns how long nothing is due.
func (l *lane) untilDue() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.queue.first()
	if first == nil {
		return maxPause
	}
	return max(time.Until(first.due), time.Until(l.paused))
}

// take returns the repository that is due first, and sets when it is due again. What is due
// first may have changed while next waited for the limiter; that it is not due then harms
// nobody. The zero value: there is none left.
func (l *lane) take() repository {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.queue.first()
	if r == nil {
		return repository{}
	}
	r.asked = time.Now()
	r.due = r.asked.Add(l.round())
	l.queue.moved(r)
	taken := *r
	taken.links = maps.Clone(r.links)
	return taken
}

// answered notes that a repository was answered, or that it failed: then it is tried again
// sooner than when its turn comes.
func (l *lane) answered(path string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.repos[strings.ToLower(path)]
	switch {
	case r == nil:
	case ok:
		r.failures = 0
	default:
		wait := min(firstRetry<<min(r.failures, 10), l.round())
		r.failures++
		if r.due.After(r.asked) { // nobody has made it due meanwhile
			r.due = r.asked.Add(wait)
			l.queue.moved(r)
		}
	}
}

// late returns for how long the repository that is due first has been due, and how many there
// are.
func (l *lane) late() (late time.Duration, repositories int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.queue.first()
	if first == nil || first.due.IsZero() {
		return 0, len(l.repos)
	}
	return max(0, time.Since(first.due)), len(l.repos)
}

// share returns where in a round a repository has its turn, from 0 to 1, the same at each start.
func share(key string) float64 {
	sum := sha256.Sum256([]byte(key))
	return float64(binary.BigEndian.Uint32(sum[:])) / (1 << 32)
}

// ids returns the services that link to the repository, sorted.
func (r repository) ids() []string { return slices.Sorted(maps.Keys(r.links)) }
