package release

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/dev-portal/dev-portal/services/fetcher/internal/forge"
)

func laneAt(host string, token forge.Token) *lane {
	return newLane(forge.Forge{Kind: forge.GitHub, Web: &url.URL{Scheme: "https", Host: host}, Token: token}, 15*time.Minute)
}

// drive asks for whatever is due for a time, and returns when each repository was asked for.
func drive(t *testing.T, l *lane, length time.Duration) map[string][]time.Time {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	asked := map[string][]time.Time{}
	for {
		r, ok := l.next(ctx)
		if !ok {
			return asked
		}
		if len(r.links) > 0 {
			asked[r.path] = append(asked[r.path], time.Now())
			l.answered(r.path, true)
		}
	}
}

// Without a token GitHub takes 60 requests an hour: however many repositories there are, each
// has its turn, and no hour has more.
func TestAnonymousRequestsAreSharedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := laneAt("github.com", nil)
		const repositories = 100
		for i := range repositories {
			l.add(fmt.Sprint("s", i), "link", fmt.Sprint("a/r", i), i%2 == 0)
		}
		began := time.Now()
		asked := drive(t, l, 24*time.Hour)
		inHour := make([]int, 25)
		for _, times := range asked {
			if n := len(times); n < 9 || n > 14 {
				t.Errorf("one was asked for %d times", n)
			}
			for _, at := range times {
				inHour[int(at.Sub(began)/time.Hour)]++
			}
		}
		if len(asked) != repositories {
			t.Errorf("%d of %d were asked for", len(asked), repositories)
		}
		for hour, n := range inHour {
			if n > 60 {
				t.Errorf("hour %d has %d requests", hour, n)
			}
		}
	})
}

// With a token each is read every 15 minutes, spread over them.
func TestRequestsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := laneAt("github.com", func(context.Context) (string, error) { return "", nil })
		const repositories = 300
		for i := range repositories {
			l.add(fmt.Sprint("s", i), "link", fmt.Sprint("a/r", i), true)
		}
		began := time.Now()
		inMinute := make([]int, 61)
		for _, times := range drive(t, l, time.Hour) {
			if len(times) != 4 {
				t.Errorf("one was asked for %d times", len(times))
			}
			for _, at := range times {
				inMinute[int(at.Sub(began)/time.Minute)]++
			}
		}
		for minute, n := range inMinute[:60] {
			if n < 5 || n > 40 {
				t.Errorf("minute %d has %d requests", minute, n)
			}
		}
	})
}

func TestWhatIsNewComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := laneAt("github.com", nil)
		for i := range 50 {
			l.add(fmt.Sprint("s", i), "link", fmt.Sprint("a/r", i), true)
		}
		drive(t, l, 12*time.Hour) // what was saved up is used
		l.add("new", "link", "a/new", false)
		began := time.Now()
		if at := drive(t, l, 10*time.Minute)["a/new"]; len(at) != 1 || at[0].Sub(began) > 2*time.Minute {
			t.Errorf("the new one was asked for at %v, from %v on", at, began)
		}
	})
}

func TestHintsAreTakenAtOnceButNotTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := laneAt("git.example.com", nil)
		l.add("s", "link", "A/Repo", false)
		drive(t, l, time.Second)
		time.Sleep(5 * time.Minute)
		began := time.Now()
		var asked []time.Time
		for range 50 {
			if !l.hint("a/repo") {
				t.Fatal("nobody wants it")
			}
			asked = append(asked, drive(t, l, time.Second)["A/Repo"]...)
		}
		if len(asked) != 3 || asked[0] != began || asked[2].Sub(began) != 2*hintPause {
			t.Errorf("asked at %v, from %v on", asked, began)
		}
		if l.hint("a/other") {
			t.Error("one that nobody links to is wanted")
		}
	})
}

func TestForgeThatWantsToRestIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := laneAt("git.example.com", nil)
		for i := range 3 {
			l.add(fmt.Sprint("s", i), "link", fmt.Sprint("a/r", i), false)
		}
		l.pause(30 * time.Minute)
		began := time.Now()
		if asked := drive(t, l, 29*time.Minute); len(asked) != 0 {
			t.Errorf("asked %v, from %v on", asked, began)
		}
		if asked := drive(t, l, 2*time.Minute); len(asked) != 3 {
			t.Errorf("afterwards: %v", asked)
		}
	})
}

func TestFailuresAreTriedAgainSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := laneAt("git.example.com", nil)
		l.add("s", "link", "a/b", false)
		began := time.Now()
		var minutes []float64
		for range 7 {
			r, ok := l.next(t.Context())
			if !ok {
				t.Fatal("it ended")
			}
			minutes = append(minutes, time.Since(began).Minutes())
			l.answered(r.path, false)
		}
		if got := fmt.Sprint(minutes); got != "[0 1 3 7 15 30 45]" {
			t.Errorf("tried at %s", got)
		}
		l.answered("a/b", true)
		if _, ok := l.next(t.Context()); !ok || time.Since(began) != 60*time.Minute {
			t.Errorf("after an answer: %s", time.Since(began))
		}
	})
}

func TestRemovedRepositoryIsNotAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := laneAt("git.example.com", nil)
		l.add("one", "link", "a/b", false)
		l.add("two", "LINK", "A/B", false)
		r, _ := l.next(t.Context())
		if fmt.Sprint(r.ids()) != "[one two]" || r.links["two"] != "LINK" {
			t.Errorf("got %+v", r)
		}
		l.remove("one", "a/b")
		l.remove("two", "A/b")
		if asked := drive(t, l, 24*time.Hour); len(asked) != 0 {
			t.Errorf("asked %v", asked)
		}
	})
}

// Whatever happens to the repositories, the next one is the one that is due first.
func TestTimetableKeepsItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		l := laneAt("git.example.com", nil)
		l.limiter = rate.NewLimiter(rate.Inf, 1)
		for i := range 2000 {
			path := fmt.Sprint("a/r", random.IntN(300))
			switch random.IntN(5) {
			case 0, 1:
				l.add(path, "link", path, random.IntN(2) == 0)
			case 2:
				l.remove(path, path)
			case 3:
				l.hint(path)
			default:
				time.Sleep(time.Duration(random.IntN(60)) * time.Second)
			}
			if i%7 == 0 && len(l.repos) > 0 {
				first := slices.MinFunc(slices.Collect(maps.Values(l.repos)), func(a, b *repository) int {
					return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.path, b.path))
				})
				if got := l.take(); got.path != first.path || len(l.queue) != len(l.repos) {
					t.Fatalf("step %d: took %s of %d, want %s of %d", i, got.path, len(l.queue), first.path, len(l.repos))
				}
			}
		}
	})
}
