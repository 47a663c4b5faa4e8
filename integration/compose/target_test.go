//go:build compose

package compose

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// hit is a request that the target received.
type hit struct {
	at   time.Time
	from string // the worker's address
	path string
}

// hits are the requests that the target received since follow, by path.
type hits struct {
	t     *testing.T
	lines <-chan hit
	all   map[string][]hit
}

// follow reads the target's log until the test ends.
func (p *project) follow(t *testing.T) *hits {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := p.command(ctx, "logs", "--follow", "--no-log-prefix", "--since", time.Now().Format(time.RFC3339Nano), "target")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		t.Fatal(err)
	}
	lines := make(chan hit, 100_000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			var seconds float64
			var h hit
			if n, _ := fmt.Sscan(scanner.Text(), &seconds, &h.from, &h.path); n == 3 {
				h.at = time.UnixMilli(int64(seconds * 1000))
				lines <- h
			}
		}
		_ = cmd.Wait() // it was killed
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return &hits{t: t, lines: lines, all: map[string][]hit{}}
}

// until collects hits until enough is true.
func (h *hits) until(what string, enough func() bool) {
	h.t.Helper()
	timeout := time.After(waitTimeout)
	for !enough() {
		select {
		case next := <-h.lines:
			h.all[next.path] = append(h.all[next.path], next)
		case <-timeout:
			h.t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// each reports whether every path was requested n times since a time.
func (h *hits) each(paths []string, n int, since time.Time) bool {
	return !slices.ContainsFunc(paths, func(path string) bool { return len(h.since(path, since)) < n })
}

// since returns the hits of a path after a time.
func (h *hits) since(path string, at time.Time) []hit {
	all := h.all[path]
	i := slices.IndexFunc(all, func(x hit) bool { return x.at.After(at) })
	if i < 0 {
		return nil
	}
	return all[i:]
}

// byWorker counts the hits since a time.
func (h *hits) byWorker(at time.Time) map[string]int {
	count := map[string]int{}
	for path := range h.all {
		for _, x := range h.since(path, at) {
			count[x.from]++
		}
	}
	return count
}
