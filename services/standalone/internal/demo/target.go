// Package demo fills a portal with two dozen services, and answers the probes of those
// with a script, so that a newcomer sees a live portal at once.
package demo

import (
	"context"
	"net/http"
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
	mu    sync.Mutex
	asked map[string]int // number of probes by slug
}

// NewTarget returns a Target that starts every script at its first step.
func NewTarget() *Target { return &Target{asked: map[string]int{}} }

// ServeHTTP answers with the next step of the script of the service in the path.
func (t *Target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _ := strings.CutPrefix(r.URL.Path, Path)
	script := scriptOf(name)
	if script == "" {
		http.NotFound(w, r)
		return
	}
	t.mu.Lock()
	step := script[t.asked[name]%len(script)]
	t.asked[name]++
	t.mu.Unlock()
	play(w, r, step)
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
