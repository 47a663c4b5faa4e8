package oncall

import (
	"fmt"
	"slices"
	"time"
)

// turns are the shifts of a rotation, which nobody has counted.
type turns struct {
	clock
	people    []Person
	first     time.Time // the first handover, as the clocks show it
	length    time.Duration
	overrides []Shift // in the order of their beginnings; they don't overlap
}

func (r *Rotation) turns() (*turns, error) {
	zone, err := Zone(r.Zone)
	if err != nil {
		return nil, fmt.Errorf("the zone of a rotation: %w", err)
	}
	t := &turns{clock: clock{zone}, people: r.People, first: r.Starts.wall(), length: time.Duration(r.ShiftDays) * day}
	for _, o := range r.Overrides {
		from, until := t.moment(o.From.wall()), t.moment(o.Until.wall())
		if from.Before(until) { // else the clocks skip all of it
			t.overrides = append(t.overrides, Shift{Person: o.Person, From: &from, Until: &until, Override: true})
		}
	}
	slices.SortFunc(t.overrides, func(a, b Shift) int { return a.From.Compare(*b.From) })
	return t, nil
}

// handover returns the moment of a handover, from 0 on. Two are at the same moment if the
// clocks skip all that is between them.
func (t *turns) handover(n int64) time.Time {
	return t.moment(t.first.AddDate(0, 0, int(n)*int(t.length/day)))
}

// turn returns the number of the last handover until a moment; -1: there is none.
func (t *turns) turn(at time.Time) (n int64) {
	n = -1
	// In seconds, as a Duration has room for no more than 292 years.
	if passed := t.shows(at).Unix() - t.first.Unix(); passed >= 0 {
		n = passed / int64(t.length/time.Second)
	}
	for !t.handover(n + 1).After(at) { // the clocks were turned back after it
		n++
	}
	return n
}

// shift returns the shift at a moment; nil: nobody is on call. What an override leaves of a turn
// is one shift before it and one after it.
func (t *turns) shift(at time.Time) *Shift {
	n := t.turn(at)
	var from, until time.Time
	if n >= 0 {
		from, until = t.handover(n), t.handover(n+1)
	}
	for i, o := range t.overrides {
		switch {
		case at.Before(*o.From):
			if until.After(*o.From) {
				until = *o.From
			}
		case at.Before(*o.Until):
			return &t.overrides[i]
		case o.Until.After(from):
			from = *o.Until
		}
	}
	if n < 0 {
		return nil
	}
	s := &Shift{Person: t.people[n%int64(len(t.people))], From: &from}
	if until.Before(end) {
		s.Until = &until
	}
	return s
}

// after returns the first shift that begins after a moment at which nobody is on call, which is
// one before the first handover.
func (t *turns) after(at time.Time) *Shift {
	begin := t.handover(0)
	for _, o := range t.overrides {
		if o.From.After(at) && o.From.Before(begin) {
			begin = *o.From
		}
	}
	return t.shift(begin)
}

// following returns the shift that begins next after a moment, of which s is the shift or nil.
// nil: there is none that can be told.
func (t *turns) following(at time.Time, s *Shift) *Shift {
	if s == nil {
		return t.after(at)
	}
	if s.Until == nil {
		return nil
	}
	if next := t.shift(*s.Until); next != nil {
		return next
	}
	return t.after(*s.Until)
}

func (t *turns) at(at time.Time) (d Duty) {
	now := t.shift(at)
	next := t.following(at, now)
	if next != nil {
		d.Next, d.ChangesAt = []Shift{*next}, *next.From
	}
	if now != nil {
		d.Now, d.ChangesAt = []Shift{*now}, time.Time{}
		if now.Until != nil {
			d.ChangesAt = *now.Until
		}
	}
	return d
}

func (t *turns) between(from, to time.Time) (list []Shift) {
	s := t.shift(from)
	if s == nil {
		s = t.after(from)
	}
	for s != nil && s.From.Before(to) && len(list) < MaxShifts {
		list = append(list, *s)
		s = t.following(*s.From, s)
	}
	return list
}
