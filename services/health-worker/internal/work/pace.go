package work

import "time"

// A host begins with startPerHost probes at once and never has fewer than
// minPerHost, unless it is configured to have fewer at most.
const (
	startPerHost = 16
	minPerHost   = 4
)

const (
	boundRest = 8  // windows for which a limit at its bound is left alone
	mostRest  = 15 // windows for which a limit that proved right is left alone
)

// pace finds how many probes of a host may run at once: twice as many for as
// long as nearly twice as much gets done, half as many where that does no less.
// It learns only while probes wait for the host, from one window of probes after
// the other. That tells a host that works on probes side by side, or that just
// does not answer, from one that only takes longer the more it is asked at once.
type pace struct {
	min, max int
	limit    int           // so many at once now
	timeout  time.Duration // of a probe
	mean     time.Duration // that a probe took lately; zero: none has ended

	began time.Time // the window's
	seen  window
	skip  int // probes that began under the limit before

	from   int    // the limit before the present trial; 0: none is under way
	before window // what was seen with that
	relief bool   // the trial is to see whether the host is overloaded
	down   bool   // the next trial is one with fewer
	rest   int    // windows until the next trial
	pause  int    // what rest was last
}

func newPace(most int, timeout time.Duration) pace {
	return pace{min: min(minPerHost, most), max: most, limit: min(startPerHost, most), timeout: timeout}
}

// window is what was seen of some probes, one after the other.
type window struct {
	ended    int           // probes
	silent   int           // of them without an answer in time
	answered time.Duration // that the others took, in all
	rate     float64       // probes a second
}

// answer is how long an answer took, of those that came.
func (w window) answer() time.Duration {
	return w.answered / time.Duration(max(w.ended-w.silent, 1))
}

// lost is the share of the probes that got no answer in time.
func (w window) lost() float64 { return float64(w.silent) / float64(max(w.ended, 1)) }

// done notes the end of a probe. full says whether the host had all the probes
// that the limit lets it have, and more waited.
func (p *pace) done(now time.Time, took time.Duration, silent, full bool) {
	if p.mean == 0 {
		p.mean = took
	}
	p.mean += (took - p.mean) / 8
	if !full || p.began.IsZero() {
		p.began, p.seen = now, window{}
		return
	}
	if p.skip > 0 {
		p.skip--
		p.began = now
		return
	}
	p.seen.ended++
	if silent {
		p.seen.silent++
	} else {
		p.seen.answered += took
	}
	if p.seen.ended < max(2*p.limit, startPerHost) {
		return
	}
	p.seen.rate = float64(p.seen.ended) / max(now.Sub(p.began).Seconds(), 1e-6)
	p.judge()
	p.began, p.seen = now, window{}
}

// suspect says that answers come so late that those which do not come may be lost
// because so many are asked for at once. A trial tells.
func (p *pace) suspect() bool {
	return p.seen.silent > 0 && p.seen.silent < p.seen.ended && p.seen.answer() > p.timeout/8 && p.limit > p.min
}

func (p *pace) judge() {
	switch {
	case p.from == 0 && p.rest > 0:
		p.rest--
	case p.from == 0:
		p.try()
	case p.proved():
		p.pause = 0
		p.try()
	default:
		p.skip, p.limit, p.from, p.down = p.limit, p.from, 0, !p.down
		p.pause = min(2*p.pause+1, mostRest)
		p.rest = p.pause
	}
}

// proved says whether the trial was worth it.
func (p *pace) proved() bool {
	if p.relief {
		return p.seen.lost() < 0.6*p.before.lost() || p.seen.answer() < p.before.answer()*3/4
	}
	return p.seen.rate >= p.before.rate*(1+float64(p.limit)/float64(p.from))/2
}

// try changes the limit to see what that does.
func (p *pace) try() {
	p.relief = p.suspect() && (!p.relief || p.pause == 0)
	p.down = p.down || p.relief
	next := min(2*p.limit, p.max)
	if p.down {
		next = max(p.limit/2, p.min)
	}
	if next == p.limit {
		p.from, p.down, p.rest = 0, !p.down, boundRest
		return
	}
	p.skip, p.from, p.before, p.limit = p.limit, p.limit, p.seen, next
}
