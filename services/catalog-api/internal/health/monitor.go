// Package health says whether the portal works, by doing what it is there for:
// each thing that must move is looked at every few seconds, against how old its
// newest may be. A question that is not answered is a fault.
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
	lookEvery = 3 * time.Second
	lookMost  = 2500 * time.Millisecond // what a look may take
	lookLate  = 250 * time.Millisecond  // after which a look that goes on all the same is a fault
	grace     = 20 * time.Second        // in which a part that was never there may still come
)

// Check is one thing that must work.
type Check struct {
	Name string // a word, which is also a label of the metric

	// Look returns nil when it works. It should end with its context.
	Look func(context.Context) *Fault

	// Late is the fault while Look has not ended with its context, as some drivers
	// do not; nil: words for any check.
	Late *Fault

	// Settles says that it needs a while after the start, and that one fault alone
	// may be a moment of change: it counts at the second look.
	Settles bool
}

// Fault is what does not work, in words for people.
type Fault struct {
	Detail string // what happened, and what it means
	Cure   string // what to do
	Err    error  // for the log; nil: there is none
	Mild   bool   // it works all the same, and this is only to be known
}

// broken is a fault that stops something. err is for the log; nil: there is none.
func broken(detail, cure string, err error) *Fault {
	return &Fault{Detail: detail, Cure: cure, Err: err}
}

// overdue is the fault of a look that does not end, where the check has no words for it.
var overdue = broken("It cannot be seen in time: what it asks does not answer.", "See to the other checks that fail first.", nil)

// Result is how a check is.
type Result struct {
	Name  string
	Fault *Fault // nil: it works, and there is nothing to say
}

// Monitor looks at all checks again and again.
type Monitor struct {
	checks []Check
	log    *slog.Logger
	works  *prometheus.GaugeVec

	began   time.Time
	looked  chan struct{}  // closed after the first look
	looking []chan *Fault  // of each check, the look that is under way; Run's alone
	lookers sync.WaitGroup // those who look

	mu    sync.Mutex
	state []state
}

// state is what is known of a check.
type state struct {
	fault  *Fault // that counts
	faults int    // one after the other
	worked bool   // ever
}

// New makes a monitor, and its metric in the registry.
func New(log *slog.Logger, registry prometheus.Registerer, checks ...Check) *Monitor {
	m := &Monitor{
		checks: checks, log: log, began: time.Now(), looked: make(chan struct{}),
		looking: make([]chan *Fault, len(checks)), state: make([]state, len(checks)),
		works: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "portal_health", Help: "1 if what the check looks at works, or else 0; /api/health says what is wrong.",
		}, []string{"check"}),
	}
	registry.MustRegister(m.works)
	return m
}

// Run looks until ctx ends.
func (m *Monitor) Run(ctx context.Context) error {
	defer m.lookers.Wait()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for first := true; ; first = false {
		m.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if first {
			close(m.looked)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look looks at all checks at once: one that hangs does not hide the others.
func (m *Monitor) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, lookMost)
	defer cancel()
	var all sync.WaitGroup
	for i := range m.checks {
		all.Go(func() {
			if f := m.lookAt(limited, i); ctx.Err() == nil {
				m.note(ctx, i, f)
			}
		})
	}
	all.Wait()
}

// lookAt waits for a look until soon after ctx ends. One that is still under way
// then is waited for by the next.
func (m *Monitor) lookAt(ctx context.Context, i int) *Fault {
	c := m.checks[i]
	if m.looking[i] == nil {
		found := make(chan *Fault, 1)
		m.looking[i] = found
		m.lookers.Go(func() { found <- c.Look(ctx) })
	}
	late := time.NewTimer(lookMost + lookLate)
	defer late.Stop()
	select {
	case f := <-m.looking[i]:
		m.looking[i] = nil
		return f
	case <-late.C:
		return cmp.Or(c.Late, overdue)
	}
}

// note takes in what a look found, and logs what is new.
func (m *Monitor) note(ctx context.Context, i int, f *Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, s := m.checks[i], &m.state[i]
	if f == nil || f.Mild {
		if s.fault != nil && !s.fault.Mild {
			m.log.InfoContext(ctx, "works again", "check", c.Name)
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
		m.log.ErrorContext(ctx, "does not work", "check", c.Name, "detail", f.Detail, "cure", f.Cure, "error", f.Err)
	}
	s.fault = f
	m.works.WithLabelValues(c.Name).Set(0)
}

// State is how the checks are, in their order. It waits for the first look, at
// most as long as ctx lasts.
func (m *Monitor) State(ctx context.Context) []Result {
	select {
	case <-m.looked:
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
