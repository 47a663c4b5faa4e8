package calendar

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// maxData is how many bytes of shifts are told, as JSON: a message of events has 256 KiB at most.
const maxData = 200 << 10

// forever is the last moment that JSON has a time for (RFC 3339).
var forever = time.Date(lastYear, time.December, 31, 23, 59, 59, 0, time.UTC)

// expansion turns events into shifts.
type expansion struct {
	window span
	zones  *zones
	left   int // occurrences that may still be tried
	rules  int // likewise

	readable, skipped int   // events
	why               error // the first was skipped
}

// shifts returns the shifts of the events that are in the window, in no order.
func (x *expansion) shifts(list []event) (shifts []events.Shift, err error) {
	changed := map[string]*exclusions{} // occurrences that other events take the place of, by their ids
	for _, e := range list {
		if e.instance == nil {
			continue
		}
		if changed[e.uid] == nil {
			changed[e.uid] = newExclusions()
		}
		if err := changed[e.uid].add(*e.instance, x); err != nil {
			return nil, err
		}
	}
	for _, e := range list {
		found, err := x.event(e, changed[e.uid])
		if tooLarge, is := errors.AsType[*Error](err); is {
			return nil, tooLarge
		}
		if err != nil {
			x.skipped++
			if x.why == nil {
				x.why = err
			}
			continue
		}
		x.readable++
		shifts = append(shifts, found...)
	}
	return shifts, nil
}

// event returns the shifts of an event. Its error is an *Error if the calendar has too much.
func (x *expansion) event(e event, changed *exclusions) (shifts []events.Shift, err error) {
	if e.cancelled {
		return nil, nil
	}
	z, err := x.zones.find(e.start.zone, x)
	if err != nil {
		return nil, err
	}
	periods := append([]period{{start: e.start}}, e.more...)
	if e.instance != nil {
		periods, changed = periods[:1], nil // it is the change itself
	} else if e.rule != "" {
		walls, err := x.occurrences(recurrence{e.rule, e.start.wall, z, span{x.window.from.Add(-e.lasts()), x.window.until}})
		if err != nil {
			return nil, err
		}
		periods = slices.Clone(e.more)
		for _, wall := range walls {
			periods = append(periods, period{start: stamp{wall, e.start.zone, e.start.date}})
		}
	}
	except := newExclusions()
	for _, s := range e.except {
		if err := except.add(s, x); err != nil {
			return nil, err
		}
	}
	for _, p := range periods {
		from, until, err := x.bounds(e, p)
		if err != nil {
			return nil, err
		}
		if !until.After(from) || !x.window.has(from, until) || except.has(p.start, from) || changed.has(p.start, from) {
			continue
		}
		if err := x.spend(len(e.people)); err != nil {
			return nil, err
		}
		for _, who := range e.people {
			shifts = append(shifts, events.Shift{Name: who.name, Email: who.email, From: from, Until: until})
		}
	}
	return shifts, nil
}

// bounds returns when an occurrence begins and ends.
func (x *expansion) bounds(e event, p period) (from, until time.Time, err error) {
	z, err := x.zones.find(p.start.zone, x)
	if err != nil {
		return from, until, err
	}
	from = instant(p.start.wall, z)
	switch {
	case p.end != nil || p.length == nil && e.end != nil && p.start == e.start:
		last := cmp.Or(p.end, e.end)
		end, err := x.zones.find(last.zone, x)
		if err != nil {
			return from, until, err
		}
		until = instant(last.wall, end)
	case p.length != nil:
		until = after(p.start.wall, *p.length, z)
	case e.end == nil:
		until = after(p.start.wall, e.length, z)
	case e.end.zone == e.start.zone:
		// Where the occurrences of a rule end by the clock at the wall, as calendars show them: a week
		// of duty ends where the next one begins, also when the clocks change in it.
		until = instant(p.start.wall.Add(e.end.wall.Sub(e.start.wall)), z)
	default:
		begin, errBegin := x.zones.find(e.start.zone, x)
		end, errEnd := x.zones.find(e.end.zone, x)
		if err := errors.Join(errBegin, errEnd); err != nil {
			return from, until, err
		}
		until = from.Add(instant(e.end.wall, end).Sub(instant(e.start.wall, begin)))
	}
	if until.After(forever) {
		until = forever
	}
	return from, until, nil
}

// after returns the end of what begins at a time at the wall.
func after(wall time.Time, l length, z zone) time.Time {
	return instant(wall.AddDate(0, 0, l.days), z).Add(l.exact)
}

// exclusions are occurrences that are none. Nil has none.
type exclusions struct {
	instants map[int64]bool  // seconds since 1970
	days     map[string]bool // all that begin on them
}

func newExclusions() *exclusions { return &exclusions{map[int64]bool{}, map[string]bool{}} }

// add adds the occurrence at a time; a day stands for all that begin on it. A time in a zone that
// can't be found excludes nothing.
func (e *exclusions) add(s stamp, x *expansion) error {
	if s.date {
		e.days[s.wall.Format(time.DateOnly)] = true
		return nil
	}
	z, err := x.zones.find(s.zone, x)
	if tooLarge, is := errors.AsType[*Error](err); is {
		return tooLarge
	}
	if err == nil {
		e.instants[instant(s.wall, z).Unix()] = true
	}
	return nil
}

func (e *exclusions) has(s stamp, at time.Time) bool {
	return e != nil && (e.instants[at.Unix()] || e.days[s.wall.Format(time.DateOnly)])
}

// cut returns the shifts in their order, each once, as many as can be told, and until when they
// are all.
func cut(shifts []events.Shift, until time.Time) ([]events.Shift, time.Time) {
	order := func(a, b events.Shift) int {
		return cmp.Or(a.From.Compare(b.From), a.Until.Compare(b.Until), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Email, b.Email))
	}
	slices.SortFunc(shifts, order)
	shifts = slices.CompactFunc(shifts, func(a, b events.Shift) bool { return order(a, b) == 0 })
	size := 0
	for i, s := range shifts {
		data, err := json.Marshal(s)
		if size += len(data) + 1; i == events.MaxShifts || size > maxData || err != nil {
			return shifts[:i], s.From
		}
	}
	return shifts, until
}
