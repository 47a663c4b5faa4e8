// Package demo fills a portal with the services of a company, and answers the probes of those
// with a script, so that a newcomer sees a live portal at once.
package demo

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Path is the target's path below the portal's own address, so that health URLs change
// only when that address does.
const Path = "/demo/"

// elsewhere is a URL on another host than the portal: a probe must not follow it.
const elsewhere = "https://login.example.com/"

// slowAnswer is the delay of a slow answer: noticeable, but shorter than any sensible
// timeout.
const slowAnswer = 900 * time.Millisecond

// Target answers probes for the examples that have a script.
type Target struct {
	mu     sync.Mutex
	asked  map[string]int  // number of probes by name
	failed map[string]bool // whose last answer was a bad one, by name
}

// NewTarget returns a Target that starts every script at its first step.
func NewTarget() *Target { return &Target{asked: map[string]int{}, failed: map[string]bool{}} }

// ServeHTTP answers with the next step of the script of the service in the path.
func (t *Target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	slug, _ := strings.CutPrefix(r.URL.Path, Path)
	e, found := exampleOf(slug)
	if !found || e.script == "" {
		http.NotFound(w, r)
		return
	}
	play(w, r, t.next(e))
}

// next returns the next step of an example. What it plays while it is dragged along counts as
// steps of its script too.
func (t *Target) next(e example) byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.asked[e.name]
	t.asked[e.name]++
	script := e.script
	if e.dragged != "" && slices.ContainsFunc(e.needed(), func(on need) bool { return on.Kind == hard && t.failed[on.Name] }) {
		script = e.dragged
	}
	step := script[n%len(script)]
	t.failed[e.name] = step != '.' && step != 's'
	return step
}

// play answers with one step of a script:
//
//   - healthy   s  healthy but slow   x  503   4  404
//     r  redirects to another host    h  hangs   !  cuts the connection
func play(w http.ResponseWriter, r *http.Request, step byte) {
	switch step {
	case 's':
		pause(r.Context(), slowAnswer)
		w.WriteHeader(http.StatusOK)
	case 'x':
		http.Error(w, "overloaded", http.StatusServiceUnavailable)
	case '4':
		http.NotFound(w, r)
	case 'r':
		http.Redirect(w, r, elsewhere, http.StatusFound)
	case 'h':
		<-r.Context().Done() // the prober gives up first
	case '!':
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
