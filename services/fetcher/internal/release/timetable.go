package release

import "container/heap"

// timetable has the repositories of a lane, the one that is due first at its head. It
// implements heap.Interface.
type timetable []*repository

func (t timetable) Len() int { return len(t) }

// Less puts those that are due at the same time in the order of their paths.
func (t timetable) Less(i, j int) bool {
	if !t[i].due.Equal(t[j].due) {
		return t[i].due.Before(t[j].due)
	}
	return t[i].path < t[j].path
}

func (t timetable) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].place, t[j].place = i, j
}

// Push implements heap.Interface; see add.
func (t *timetable) Push(r any) {
	one := r.(*repository)
	one.place = len(*t)
	*t = append(*t, one)
}

// Pop implements heap.Interface; see remove.
func (t *timetable) Pop() any {
	last := len(*t) - 1
	one := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	return one
}

func (t *timetable) add(r *repository)    { heap.Push(t, r) }
func (t *timetable) remove(r *repository) { heap.Remove(t, r.place) }

// moved notes that it is due at another time.
func (t *timetable) moved(r *repository) { heap.Fix(t, r.place) }

// first returns the repository that is due first, or nil.
func (t timetable) first() *repository {
	if len(t) == 0 {
		return nil
	}
	return t[0]
}
