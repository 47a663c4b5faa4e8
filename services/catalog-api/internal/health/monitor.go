// Package health checks whether the portal works. Every few seconds, its checks use the
// dependencies, and compare the age of the newest data with a limit. A check that does
// not end in time is a fault.
package health

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	checkEvery   = 3 * time.Second
	checkTimeout = 2500 * time.Millisecond
	overdueAfter = 250 * time.Millisecond // after checkTimeout, a check that has not ended is a fault
	grace        = 20 * time.Second       // after the start, for checks with Settles that have not worked yet
)

// Check is one thing that must work.
type Check struct {
	Name string // a word, which is also a label of the metric

	// Run runs the check, and returns nil if it works. It should end with its context.
	Run func(context.Context) *Fault

	// Late is the fault if Run does not end with its context, as with some drivers;
	// nil: a generic one.
	Late *Fault

	// Settles marks a check that needs a while after the start, and may fail once while
	// something changes. Only its second consecutive fault counts.
	Settles bool
}

// Fault describes what does not work, for people.
type Fault struct {
	Detail string // what happened, and what it means
	Cure   string // what to do
	Err    error  // for the log; nil: there is none
	Mild   bool   // it works nevertheless: for information only
}

// newFault returns a fault that is not mild. err is for the log; nil: there is none.
func newFault(detail, cure string, err error) *Fault {
	return &Fault{Detail: detail, Cure: cure, Err: err}
}

// overdue is the fault of a check that does not end, unless it has Late.
var overdue = newFault("Unknown: the check did not end in time.", "Mend the other failing checks first.", nil)

// Result is the latest result of a check.
type Result struct {
	Name  string
	Fault *Fault // nil: it works, and there is nothing to say
}

// Monitor runs all checks periodically.
type Monitor struct {
	checks []Check
	log    *slog.Logger
	works  *prometheus.GaugeVec

	began   time.Time
	ready   chan struct{}  // closed after the first round
	pending []chan *Fault  // of each check, its run in progress or nil; for Run only
	running sync.WaitGroup // of calls of Check.Run

	mu    sync.Mutex
	state []state
}

// state is the state of a check.
type state struct {
	fault  *Fault // as reported
	faults int    // consecutive ones
	worked bool   // ever
}

// New returns a monitor of the checks, and registers its metric.
func New(log *slog.Logger, registry prometheus.Registerer, checks ...Check) *Monitor {
	m := &Monitor{
		checks: checks, log: log, began: time.Now(), ready: make(chan struct{}),
		pending: make([]chan *Fault, len(checks)), state: make([]state, len(checks)),
		works: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "portal_health", Help: "1 if what the check looks at works, or else 0; /api/health says what is wrong.",
		}, []string{"check"}),
	}
	registry.MustRegister(m.works)
	return m
}

// Run runs the checks until ctx ends.
func (m *Monitor) Run(ctx context.Context) error {
	defer m.running.Wait()
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for first := true; ; first = false {
		m.runChecks(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if first {
			close(m.ready)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// runChecks runs all checks concurrently, so that one that hangs does not hide the others.
func (m *Monitor) runChecks(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var all sync.WaitGroup
	for i := range m.checks {
		all.Go(func() {
			if f := m.runCheck(limited, i); ctx.Err() == nil {
				m.record(ctx, i, f)
			}
		})
	}
	all.Wait()
}

// runCheck runs a check, and waits for it until overdueAfter after checkTimeout. If it has
// not ended by then, the next call waits for it instead of running it again.
func (m *Monitor) runCheck(ctx context.Context, i int) *Fault {
	c := m.checks[i]
	if m.pending[i] == nil {
		found := make(chan *Fault, 1)
		m.pending[i] = found
		m.running.Go(func() { found <- c.Run(ctx) })
	}
	late := time.NewTimer(checkTimeout + overdueAfter)
	defer late.Stop()
	select {
	case f := <-m.pending[i]:
		m.pending[i] = nil
		return f
	case <-late.C:
		return cmp.Or(c.Late, overdue)
	}
}

// record stores the result of a check, and logs when the check begins or ends to fail.
func (m *Monitor) record(ctx context.Context, i int, f *Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, s := m.checks[i], &m.state[i]
	if f == nil || f.Mild {
		if s.fault != nil && !s.fault.Mild {
			m.log.InfoContext(ctx, "check passes again", "check", c.Name)
		}
		*s = state{fault: f, worked: true}
		m.works.WithLabelValues(c.Name).Set(1)
		return
	}
	s.faults++
	if c.Settles && (s.faults < 2 || !s.worked && time.Since(m.began) < grace) {
		m.works.WithLabelValues(c.Name).Set(1)
		return
	}
	if s.fault == nil || s.fault.Mild {
		m.log.ErrorContext(ctx, "check fails", "check", c.Name, "detail", f.Detail, "cure", f.Cure, "error", f.Err)
	}
	s.fault = f
	m.works.WithLabelValues(c.Name).Set(0)
}

// State returns the results of the checks, in their order. It waits for the first round
// until ctx ends.
func (m *Monitor) State(ctx context.Context) []Result {
	select {
	case <-m.ready:
	case <-ctx.Done():
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	results := make([]Result, len(m.checks))
	for i, c := range m.checks {
		results[i] = Result{Name: c.Name, Fault: m.state[i].fault}
	}
	return results
}
