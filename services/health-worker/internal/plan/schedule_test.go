package plan

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// fires returns the seconds of two hours at which the expression fires.
func fires(t *testing.T, expr string) (at []int) {
	t.Helper()
	fields := strings.Fields(expr)
	if len(fields) != 6 || strings.Join(fields[2:], " ") != "* * * *" {
		t.Fatalf("%q is not six fields, of seconds and minutes", expr)
	}
	second, minute := values(t, fields[0]), values(t, fields[1])
	for s := range 2 * 3600 {
		if second[s%60] && minute[s/60%60] {
			at = append(at, s)
		}
	}
	return at
}

// values returns which of 0 to 59 a cron field names: "*", "n", or "n/step".
func values(t *testing.T, field string) (in [60]bool) {
	t.Helper()
	first, every, stepped := strings.Cut(field, "/")
	n, step := 0, 1
	var errs [2]error
	if field != "*" {
		n, errs[0] = strconv.Atoi(first)
		step = len(in)
	}
	if stepped {
		step, errs[1] = strconv.Atoi(every)
	}
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	for v := n; v < len(in); v += step {
		in[v] = true
	}
	return in
}

// id returns the i-th of successive ids, which differ only in their last digits.
func id(i int) string { return fmt.Sprintf("0199d8a0-7c00-7000-8000-%012x", i) }

func TestScheduleFiresExactlyEveryInterval(t *testing.T) {
	for _, interval := range events.Intervals {
		t.Run(string(interval), func(t *testing.T) {
			seconds, seen := int(interval.Duration().Seconds()), map[string]bool{}
			for i := range 1000 {
				expr := schedule(id(i), interval)
				if seen[expr] {
					continue
				}
				seen[expr] = true
				at := fires(t, expr)
				if len(at) != 2*3600/seconds {
					t.Fatalf("%q fires %d times in two hours, want %d", expr, len(at), 2*3600/seconds)
				}
				if want := int(offset(id(i), interval.Duration()).Seconds()); at[0] != want {
					t.Fatalf("%q fires first at %d, want %d", expr, at[0], want)
				}
				for i := 1; i < len(at); i++ {
					if at[i]-at[i-1] != seconds {
						t.Fatalf("%q fires at %d and then at %d", expr, at[i-1], at[i])
					}
				}
			}
			if seconds <= 60 && len(seen) != seconds {
				t.Errorf("%d different slots, want all %d", len(seen), seconds)
			}
		})
	}
}

func TestSlotsAreSpreadEvenly(t *testing.T) {
	const n = 60_000
	count := map[string]int{}
	for i := range n {
		count[schedule(id(i), "1m")]++
	}
	for expr, got := range count {
		if got < n/60*85/100 || got > n/60*115/100 {
			t.Errorf("%q has %d services of %d, want about %d", expr, got, n, n/60)
		}
	}
}

func TestScheduleIsStable(t *testing.T) {
	// Another offset for the same id would move every probe of a running portal.
	for interval, want := range map[events.Interval]string{
		"10s": "9/10 * * * * *", "1m": "39 * * * * *", "5m": "39 2/5 * * * *", "1h": "39 52 * * * *",
	} {
		if got := schedule(id(1), interval); got != want {
			t.Errorf("%s: got %q, want %q", interval, got, want)
		}
	}
	if got := offset(id(1), time.Hour); got >= time.Hour || got%time.Second != 0 {
		t.Errorf("offset is %s", got)
	}
}

func TestUnknownIntervalIsRoundedDown(t *testing.T) {
	for interval, want := range map[events.Interval]events.Interval{
		"1m": "1m", "45s": "30s", "3h": "1h", "5s": "10s", "now and then": "1m",
	} {
		if got := plannable(interval); got != want {
			t.Errorf("%s is planned as %s, want %s", interval, got, want)
		}
	}
}
