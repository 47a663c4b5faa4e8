// Package demo fills a portal with two dozen services, and answers for those of
// them that are probed, so that a newcomer sees a living portal at once.
package demo

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Path is where the target answers, below the portal's own address: so health
// URLs change only when that does.
const Path = "/demo/"

// elsewhere is on another host than any portal: a probe must not follow it.
const elsewhere = "https://login.example.com/"

// slowAnswer is long enough to stand out, and shorter than any sensible timeout.
const slowAnswer = 900 * time.Millisecond

// Target plays the services of the catalogue that have a script.
type Target struct {
	mu    sync.Mutex
	asked map[string]int // how often, by name
}

// NewTarget returns a target that begins every script anew.
func NewTarget() *Target { return &Target{asked: map[string]int{}} }

// ServeHTTP plays the next step of the script of the service in the path.
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

// play answers as one letter of a script says:
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
