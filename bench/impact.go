package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	impactServices = 10_000
	needsEach      = 5   // of the nine tenths that need others: 45,000 in all
	faults         = 100 // one after the other
	stormServices  = 1_000
	stormPause     = 10 * time.Millisecond
)

// incidents is what a subscriber knows of root causes.
type incidents struct {
	mu      sync.Mutex
	changed map[string]time.Time // by service: when its status changed last
	roots   map[string]bool
	took    chan time.Duration // from the change of a status to what it means
}

func (n *incidents) take(d stream.Delivery) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e := d.Event.(type) {
	case events.StatusChanged:
		n.changed[e.ServiceID] = d.Time
	case events.ImpactChanged:
		if e.RootCause {
			n.roots[e.ServiceID] = true
		} else {
			delete(n.roots, e.ServiceID)
		}
		select {
		case n.took <- time.Since(n.changed[e.ServiceID]):
		default: // nobody measures
		}
	}
}

func (n *incidents) now() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var ids []string
	for id := range n.roots {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// told measures how long a fault takes, from inside the transaction that changes a status, to be
// an event that names whom it hits, and whether a storm of faults is followed.
func told(ctx context.Context, p *portal, _ settings) (rows []row, err error) {
	ids, err := p.createNeeding(ctx)
	if err != nil {
		return nil, err
	}
	js, err := p.jetStream()
	if err != nil {
		return nil, err
	}
	defer js.Conn().Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	n := &incidents{changed: map[string]time.Time{}, roots: map[string]bool{}, took: make(chan time.Duration)}
	caughtUp, done := make(chan struct{}), make(chan error, 1)
	go func() {
		sub := stream.Subscription{Subjects: []string{events.AllStatus, events.AllImpacts}, OnCaughtUp: func() { close(caughtUp) }}
		done <- stream.Subscribe(ctx, js, sub, func(_ context.Context, d stream.Delivery) error {
			n.take(d)
			return nil
		})
	}()
	<-caughtUp
	turn := func(id string, to events.Status) error {
		_, err := p.write(ctx, http.MethodPatch, "/api/services/"+id, map[string]any{"status": to})
		return err
	}
	var took []time.Duration
	for i := range faults {
		for _, to := range []events.Status{events.StatusDown, events.StatusHealthy} {
			if err := turn(ids[i], to); err != nil {
				return nil, err
			}
			select {
			case d := <-n.took:
				took = append(took, d)
			case err := <-done:
				return nil, err
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	behind, lasted, err := p.storm(ctx, n, func(i int) error {
		return turn(ids[rand.IntN(stormServices)], []events.Status{events.StatusDown, events.StatusHealthy}[i%2])
	})
	if err != nil {
		return nil, err
	}
	stop()
	return []row{
		{"a fault to the event that names whom it hits", quantiles(took), fmt.Sprintf("%d services, %d needs; p50 below 50 ms is the target", impactServices, needsEach*impactServices*9/10)},
		{"behind, after a storm of changes", millis(behind), fmt.Sprintf("%d changes of %d services in %.1f s", stormServices, stormServices, lasted.Seconds())},
	}, <-done
}

// storm makes changes, and measures how long after the last one a subscriber knows what the API says.
func (p *portal) storm(ctx context.Context, n *incidents, change func(i int) error) (behind, lasted time.Duration, err error) {
	began := time.Now()
	g, changing := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for i := range stormServices {
		g.Go(func() error { return change(i) })
		if err := pause(changing, time.Until(began.Add(time.Duration(i+1)*stormPause))); err != nil {
			break // a change failed
		}
	}
	if err := g.Wait(); err != nil {
		return 0, 0, err
	}
	ended := time.Now()
	want, err := p.rootCauses(ctx)
	if err != nil {
		return 0, 0, err
	}
	err = until(ctx, "the events say what the API says", func() bool { return slices.Equal(n.now(), want) })
	return time.Since(ended), ended.Sub(began), err
}

// rootCauses returns the ids of the root causes by the API, in order.
func (p *portal) rootCauses(ctx context.Context) ([]string, error) {
	var body struct{ Causes []struct{ ID string } }
	if err := p.read(ctx, "/api/impacts", &body); err != nil {
		return nil, err
	}
	ids := make([]string, len(body.Causes))
	for i, c := range body.Causes {
		ids[i] = c.ID
	}
	slices.Sort(ids)
	return ids, nil
}

// read reads an answer of the API.
func (p *portal) read(ctx context.Context, path string, body any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.api+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	return json.NewDecoder(resp.Body).Decode(body)
}

// createNeeding creates services that need each other in three layers, and returns their ids in
// no order.
func (p *portal) createNeeding(ctx context.Context) ([]string, error) {
	layers := []int{0, impactServices / 10, impactServices * 4 / 10, impactServices}
	for i := 1; i < len(layers); i++ {
		from, below := layers[i-1], layers[i-1]
		err := p.create(ctx, layers[i]-from, func(n int) map[string]any {
			var needs []map[string]any
			for _, at := range rand.Perm(max(below, 1))[:min(below, needsEach)] {
				needs = append(needs, map[string]any{"name": fmt.Sprint("service ", at)})
			}
			return map[string]any{
				"name": fmt.Sprint("service ", from+n), "team": fmt.Sprint("Team ", n%50), "status": events.StatusHealthy, "depends_on": needs,
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return p.ids(ctx)
}

// ids returns the ids of all services.
func (p *portal) ids(ctx context.Context) ([]string, error) {
	var body struct{ Items []struct{ ID string } }
	if err := p.read(ctx, "/api/services", &body); err != nil {
		return nil, err
	}
	ids := make([]string, len(body.Items))
	for i, at := range rand.Perm(len(ids)) {
		ids[i] = body.Items[at].ID
	}
	return ids, nil
}
