package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// fickleServices are enough that changes come one by one and in small crowds.
const fickleServices = 400

// fickle answers 200 and 503 in turns, and notes when.
type fickle struct {
	mu       sync.Mutex
	answered map[string]time.Time // by path: the time of the last answer
	sick     map[string]bool
}

// ServeHTTP gives the answer that differs from the last one on the path.
func (f *fickle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	sick := f.sick[r.URL.Path]
	f.sick[r.URL.Path] = !sick
	f.answered[r.URL.Path] = time.Now()
	f.mu.Unlock()
	if sick {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// since is how long ago the path was answered.
func (f *fickle) since(path string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Since(f.answered[path])
}

// changed measures how long a changed answer of a target takes to be a status
// event at a subscriber on NATS: the worker, RESULTS, catalog-api, the outbox
// and PORTAL. Every probe of every service is a change.
func changed(ctx context.Context, p *portal, s settings) (rows []row, err error) {
	target := &fickle{answered: map[string]time.Time{}, sick: map[string]bool{}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: target, ReadHeaderTimeout: time.Second}
	serving := make(chan error, 1)
	go func() { serving <- srv.Serve(ln) }()
	defer func() {
		err = errors.Join(err, srv.Close())
		if failed := <-serving; !errors.Is(failed, http.ErrServerClosed) {
			err = errors.Join(err, failed)
		}
	}()
	if err := p.worker(ctx); err != nil {
		return nil, err
	}
	err = p.create(ctx, fickleServices, func(i int) map[string]any {
		return map[string]any{"name": fmt.Sprint(i), "status_url": fmt.Sprintf("http://%s/%d", ln.Addr(), i), "interval": "10s"}
	})
	if err != nil {
		return nil, err
	}
	if err := pause(ctx, 10*time.Second); err != nil { // new services are probed at once, in one crowd
		return nil, err
	}
	took, err := p.follow(ctx, target, time.Duration(s.seconds)*time.Second)
	how := fmt.Sprintf("%d changes of %d services in %d s; p99 below 60 ms is the target", len(took), fickleServices, s.seconds)
	return []row{{"changed answer of a target to subscriber", quantiles(took), how}}, err
}

// follow subscribes to the changes of status for so long, and returns how long
// after its answer each arrived.
func (p *portal) follow(ctx context.Context, target *fickle, long time.Duration) (took []time.Duration, err error) {
	js, err := p.jetStream()
	if err != nil {
		return nil, err
	}
	defer js.Conn().Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	news := false
	sub := stream.Subscription{Subjects: []string{events.AllStatus}, OnCaughtUp: func() {
		news = true
		time.AfterFunc(long, stop)
	}}
	err = stream.Subscribe(ctx, js, sub, func(_ context.Context, d stream.Delivery) error {
		if e, ok := d.Event.(events.StatusChanged); ok && news {
			took = append(took, target.since("/"+e.Name))
		}
		return nil
	})
	return took, err
}
