package oncall

import "time"

// at returns who is on call by what was read: several at once, if the calendar has it so.
func (r Reading) at(at time.Time) (d Duty) {
	change := func(to time.Time) {
		if d.ChangesAt.IsZero() || to.Before(d.ChangesAt) {
			d.ChangesAt = to
		}
	}
	for _, s := range r.Shifts {
		switch {
		case s.From.After(at):
			if len(d.Next) == 0 || s.From.Equal(*d.Next[0].From) {
				d.Next = append(d.Next, s)
				change(*s.From)
			}
		case s.Until.After(at):
			d.Now = append(d.Now, s)
			change(*s.Until)
		}
	}
	return d
}

func (r Reading) between(from, to time.Time) (list []Shift) {
	for _, s := range r.Shifts {
		if s.From.Before(to) && s.Until.After(from) && len(list) < MaxShifts {
			list = append(list, s)
		}
	}
	return list
}
