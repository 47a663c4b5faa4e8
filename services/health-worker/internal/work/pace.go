package work

import "time"

// A host's limit begins with startPerHost probes at once and never is less than
// minPerHost, unless the configured maximum is less.
const (
	startPerHost = 16
	minPerHost   = 4
)

const (
	boundDelay = 8  // windows until the next trial when the limit is at its bound
	maxDelay   = 15 // windows until the next trial, at most, after failed ones
)

// pace adapts how many probes of a host run at once. It doubles the limit while
// that nearly doubles the throughput, and halves it if the throughput stays the
// same. It measures windows of successive probes, only while probes wait for the
// host. So it distinguishes a host that handles probes in parallel, or that doesn't
// answer at all, from one that gets slower with each concurrent probe.
type pace struct {
	min, max int
	limit    int           // of concurrent probes
	timeout  time.Duration // of a probe
	mean     time.Duration // moving average of a probe's duration; 0 until one has ended

	began   time.Time // start of the current window
	current window
	skip    int // probes to ignore, because they began under the previous limit

	trialFrom  int    // the limit before the present trial; 0 if there is none
	baseline   window // measured with trialFrom
	overload   bool   // the trial tests whether the host is overloaded
	down       bool   // the next trial halves the limit
	trialDelay int    // windows until the next trial
	lastDelay  int    // the last trialDelay after a failed trial; 0 after a successful one
}

func newPace(most int, timeout time.Duration) pace {
	return pace{min: min(minPerHost, most), max: most, limit: min(startPerHost, most), timeout: timeout}
}

// window is the measurements of a number of successive probes.
type window struct {
	ended      int           // probes
	timeouts   int           // of them
	answerTime time.Duration // total duration of the others
	rate       float64       // probes a second
}

// meanAnswerTime returns the mean duration of the probes that got an answer.
func (w window) meanAnswerTime() time.Duration {
	return w.answerTime / time.Duration(max(w.ended-w.timeouts, 1))
}

// timeoutShare returns the share of the probes that timed out.
func (w window) timeoutShare() float64 { return float64(w.timeouts) / float64(max(w.ended, 1)) }

// done records the end of a probe. full says whether the host was at its limit and
// more probes waited.
func (p *pace) done(now time.Time, took time.Duration, timedOut, full bool) {
	if p.mean == 0 {
		p.mean = took
	}
	p.mean += (took - p.mean) / 8
	if !full || p.began.IsZero() {
		p.began, p.current = now, window{}
		return
	}
	if p.skip > 0 {
		p.skip--
		p.began = now
		return
	}
	p.current.ended++
	if timedOut {
		p.current.timeouts++
	} else {
		p.current.answerTime += took
	}
	if p.current.ended < max(2*p.limit, startPerHost) {
		return
	}
	p.current.rate = float64(p.current.ended) / max(now.Sub(p.began).Seconds(), 1e-6)
	p.evaluate()
	p.began, p.current = now, window{}
}

// overloadSuspected reports whether some probes timed out and the others were so
// slow that too many concurrent probes may be the cause. A trial finds out.
func (p *pace) overloadSuspected() bool {
	return p.current.timeouts > 0 && p.current.timeouts < p.current.ended && p.current.meanAnswerTime() > p.timeout/8 && p.limit > p.min
}

// evaluate ends a window: it keeps or reverts the limit on trial, and starts the
// next trial when it is time.
func (p *pace) evaluate() {
	switch {
	case p.trialFrom == 0 && p.trialDelay > 0:
		p.trialDelay--
	case p.trialFrom == 0:
		p.startTrial()
	case p.trialSucceeded():
		p.lastDelay = 0
		p.startTrial()
	default:
		p.skip, p.limit, p.trialFrom, p.down = p.limit, p.trialFrom, 0, !p.down
		p.lastDelay = min(2*p.lastDelay+1, maxDelay)
		p.trialDelay = p.lastDelay
	}
}

// trialSucceeded reports whether the limit on trial is better than the previous one.
func (p *pace) trialSucceeded() bool {
	if p.overload {
		return p.current.timeoutShare() < 0.6*p.baseline.timeoutShare() || p.current.meanAnswerTime() < p.baseline.meanAnswerTime()*3/4
	}
	return p.current.rate >= p.baseline.rate*(1+float64(p.limit)/float64(p.trialFrom))/2
}

// startTrial doubles or halves the limit, or delays the trial at the bound.
func (p *pace) startTrial() {
	p.overload = p.overloadSuspected() && (!p.overload || p.lastDelay == 0)
	p.down = p.down || p.overload
	next := min(2*p.limit, p.max)
	if p.down {
		next = max(p.limit/2, p.min)
	}
	if next == p.limit {
		p.trialFrom, p.down, p.trialDelay = 0, !p.down, boundDelay
		return
	}
	p.skip, p.trialFrom, p.baseline, p.limit = p.limit, p.limit, p.current, next
}
