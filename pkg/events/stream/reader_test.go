package stream

import (
	"testing"
	"time"
)

func TestReaderMayResume(t *testing.T) {
	const week = 7 * 24 * time.Hour
	for name, tc := range map[string]struct {
		epoch string
		last  uint64
		away  time.Duration
		want  bool
	}{
		"nothing happened":                {"a", 10, time.Second, true},
		"more was stored":                 {"a", 11, time.Second, true},
		"away for less than a week":       {"a", 10, week - time.Minute, true},
		"away while a tombstone expired":  {"a", 10, week + time.Minute, false},
		"the stream was made anew":        {"b", 10, time.Second, false},
		"the stream was made anew, empty": {"b", 0, time.Second, false},
		"the stream lost its end":         {"a", 9, time.Second, false},
	} {
		r := reader{epoch: "a", position: 10}
		r.touch()
		r.lastRead = r.lastRead.Add(-tc.away)
		if got := r.mayResume(tc.epoch, tc.last); got != tc.want {
			t.Errorf("%s: goes on is %t, want %t", name, got, tc.want)
		}
	}
	if new(reader).mayResume("a", 0) {
		t.Error("a new reader goes on")
	}
}
