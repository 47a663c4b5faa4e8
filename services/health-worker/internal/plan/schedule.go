package plan

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// schedule is the broker's cron expression, in UTC, that fires each interval:
//
//	second minute hour day month weekday
//
// The id decides where in the interval, so that the load is even however many
// services are added at once. "n/step" means n, n+step, … up to the field's end;
// as each interval divides the minute or the hour, the step over that end is of
// the same length.
func schedule(id string, interval events.Interval) string {
	every := interval.Duration()
	at := offset(id, every)
	second, minute := int(at.Seconds())%60, int(at.Minutes())
	switch {
	case every < time.Minute:
		return fmt.Sprintf("%d/%d * * * * *", second, int(every.Seconds()))
	case every == time.Minute:
		return fmt.Sprintf("%d * * * * *", second)
	case every < time.Hour:
		return fmt.Sprintf("%d %d/%d * * * *", second, minute, int(every.Minutes()))
	default:
		return fmt.Sprintf("%d %d * * * *", second, minute)
	}
}

// plannable is the interval itself, or where only a later version has it in its set,
// the longest one of this version's that is not longer: nobody waits for results that
// come more often.
func plannable(interval events.Interval) events.Interval {
	if interval.Known() {
		return interval
	}
	fits := events.Intervals[0]
	for _, i := range events.Intervals {
		if i.Duration() <= interval.Duration() {
			fits = i
		}
	}
	return fits
}

// offset is where in the interval the service has its slot, in whole seconds.
func offset(id string, every time.Duration) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(id))
	seconds := uint64(every / time.Second)
	return time.Duration(mix(h.Sum64())%seconds) * time.Second
}

// mix spreads FNV's weak low bits (the finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
