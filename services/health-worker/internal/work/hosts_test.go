package work

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func newHosts() *hosts { return &hosts{running: 1, waiting: 2, allWaiting: 3} }

func TestPlacesAtAHostGoToTheLongestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, order := newHosts(), make(chan int, 2)
		if !h.tryEnter("a") || h.tryEnter("a") {
			t.Fatal("want one place at a host")
		}
		for i := range 2 {
			go func() {
				if err := h.enter(t.Context(), "a"); err != nil {
					t.Error(err)
				}
				order <- i
			}()
			synctest.Wait()
		}
		if h.tryEnter("a") {
			t.Error("somebody got in before those who wait")
		}
		for want := range 2 {
			h.leave("a")
			if got := <-order; got != want {
				t.Errorf("%d came in, want %d", got, want)
			}
		}
		h.leave("a")
		if len(h.byName) != 0 || h.queued != 0 {
			t.Errorf("left behind: %d hosts, %d waiting", len(h.byName), h.queued)
		}
	})
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHosts()
		h.tryEnter("a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.enter(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the wait", err)
		}
		h.leave("a")
		if len(h.byName) != 0 || h.queued != 0 {
			t.Errorf("left behind: %d hosts, %d waiting", len(h.byName), h.queued)
		}
		if !h.tryEnter("a") {
			t.Error("the place is lost")
		}
	})
}

func TestOnlySoManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHosts()
		ctx, cancel := context.WithCancel(t.Context())
		for _, name := range []string{"a", "b"} {
			h.tryEnter(name)
		}
		for _, name := range []string{"a", "a", "b"} {
			go func() { _ = h.enter(ctx, name) }()
		}
		synctest.Wait()
		for name, host := range map[string]string{"at one host": "a", "in all": "b"} {
			if err := h.enter(ctx, host); !errors.Is(err, errCrowded) {
				t.Errorf("%s: got %v, want errCrowded", name, err)
			}
		}
		if !h.tryEnter("c") {
			t.Error("a host that nobody waits for is held up")
		}
		cancel()
		synctest.Wait()
	})
}

// The turn may come in the very moment that the wait ends: then it is passed on.
func TestTurnThatComesTooLateIsNotLost(t *testing.T) {
	for range 200 {
		h := newHosts()
		h.tryEnter("a")
		ctx, cancel := context.WithCancel(t.Context())
		entered := make(chan error)
		go func() { entered <- h.enter(ctx, "a") }()
		go cancel()
		go h.leave("a")
		if err := <-entered; err == nil {
			h.leave("a")
		}
		if err := h.enter(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHostIsNameAndPort(t *testing.T) {
	for url, want := range map[string]string{
		"http://Billing.example/x":     "billing.example:http",
		"https://billing.example":      "billing.example:https",
		"http://billing.example:8080/": "billing.example:8080",
		"http://[::1]:8080/":           "::1:8080",
	} {
		if got := hostOf(url); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}
