//go:build faults

package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// faults returns the faults that were met in the field, and similar ones.
func (r *faultRun) faults() []fault {
	return []fault{
		{
			name: "NATS frozen", check: "nats", words: "restart it if it hangs",
			breaks: func(*testing.T) { r.broker.signal(syscall.SIGSTOP) },
			mends:  func(*testing.T) { r.broker.signal(syscall.SIGCONT) },
		},
		{
			name: "wrong passwords", check: "nats", words: "password",
			breaks: func(*testing.T) { r.broker.change("wrong") },
			mends:  func(*testing.T) { r.broker.change("right") },
		},
		{
			name: "the disk of NATS full", check: "outbox", words: "restart it",
			breaks: func(*testing.T) { r.disk.Fill() },
			mends:  func(*testing.T) { r.disk.Free(); r.broker.stop(); r.broker.start() },
		},
		r.deletedStream(events.StreamPortal), r.deletedStream(events.StreamProbes), r.deletedStream(events.StreamResults), r.deletedConsumers(),
		{name: "consumers used up", check: "live", words: "consumers", breaks: r.fillConsumers, mends: r.removeIntruders},
		{name: "worker frozen", check: "workers", words: "No health-worker", later: "results",
			breaks: func(t *testing.T) { must(t, r.worker.cmd.Process.Signal(syscall.SIGSTOP)) },
			mends:  func(t *testing.T) { must(t, r.worker.cmd.Process.Signal(syscall.SIGCONT)) },
		},
		r.locked("services table locked", "postgres", "lock", `LOCK TABLE services IN ACCESS EXCLUSIVE MODE`),
		r.locked("outbox held", "outbox", "waited", `SELECT pg_advisory_xact_lock(7164201906001)`),
		{
			name: "Postgres frozen", check: "postgres", words: "does not answer",
			breaks: func(t *testing.T) { r.signalPostgres(t, syscall.SIGSTOP) },
			mends:  func(t *testing.T) { r.signalPostgres(t, syscall.SIGCONT) },
		},
		r.killedPostgres(),
		{
			name: "the disk of Postgres full", check: "postgres", words: "disk is full",
			breaks: func(*testing.T) { r.pgDisk.Fill() },
			mends:  func(*testing.T) { r.pgDisk.Free() },
		},
	}
}

// deletedStream is the deletion of a stream, which the services create again.
func (r *faultRun) deletedStream(stream string) fault {
	var js jetstream.JetStream
	var seen *subscriber
	return fault{
		name: "stream " + stream + " deleted", check: "streams", words: stream,
		breaks: func(t *testing.T) {
			js = r.admin(t)
			must(t, js.DeleteStream(t.Context(), stream))
			seen = r.with(t).follow()
		},
		mended: func() bool {
			_, err := js.Stream(r.t.Context(), stream)
			return err == nil && seen.same(r.all())
		},
	}
}

// deletedConsumers is the deletion of the services' consumers.
func (r *faultRun) deletedConsumers() fault {
	var js jetstream.JetStream
	return fault{
		name: "consumers deleted", check: "consumers", words: "Missing consumer",
		breaks: func(t *testing.T) {
			js = r.admin(t)
			must(t, js.DeleteConsumer(t.Context(), events.StreamPortal, "planner"))
			must(t, js.DeleteConsumer(t.Context(), events.StreamProbes, "probers-default"))
			must(t, js.DeleteConsumer(t.Context(), events.StreamResults, "ingest"))
		},
		mended: func() bool {
			_, missing, err := stream.Missing(r.t.Context(), js)
			return err == nil && len(missing) == 0
		},
	}
}

// killedPostgres kills Postgres repeatedly, after each restart.
func (r *faultRun) killedPostgres() fault {
	enough := make(chan struct{})
	var killing sync.WaitGroup
	return fault{
		name: "Postgres killed", check: "postgres", words: "does not answer",
		breaks: func(t *testing.T) {
			killing.Go(func() {
				tick := time.NewTicker(200 * time.Millisecond)
				defer tick.Stop()
				for {
					r.signalPostgres(t, syscall.SIGKILL)
					select {
					case <-tick.C:
					case <-enough:
						return
					}
				}
			})
		},
		mends: func(*testing.T) {
			close(enough)
			killing.Wait()
		},
	}
}

// admin connects to NATS for the duration of a fault.
func (r *faultRun) admin(t *testing.T) jetstream.JetStream {
	t.Helper()
	return (&system{t: t, broker: r.broker}).connect()
}

const intruder = "thief-"

// fillConsumers creates consumers up to the stream's limit, and replaces those of readers.
func (r *faultRun) fillConsumers(t *testing.T) {
	portal, err := r.admin(t).Stream(t.Context(), events.StreamPortal)
	must(t, err)
	for i := 0; err == nil; i++ {
		_, err = portal.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: fmt.Sprint(intruder, i)})
	}
	names := portal.ConsumerNames(t.Context())
	for name := range names.Name() {
		if strings.HasPrefix(name, intruder) || name == "planner" {
			continue
		}
		must(t, portal.DeleteConsumer(t.Context(), name))
		_, _ = portal.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: intruder + name}) // fails if the reader recreated its own first
	}
	must(t, names.Err())
}

// removeIntruders deletes the consumers that fillConsumers created.
func (r *faultRun) removeIntruders(t *testing.T) {
	portal, err := r.admin(t).Stream(t.Context(), events.StreamPortal)
	must(t, err)
	names := portal.ConsumerNames(t.Context())
	for name := range names.Name() {
		if strings.HasPrefix(name, intruder) {
			must(t, portal.DeleteConsumer(t.Context(), name))
		}
	}
	must(t, names.Err())
}

// locked makes another session of Postgres take the lock of a query. The sessions that
// hold it are terminated, so that this one gets it.
func (r *faultRun) locked(name, check, words, query string) fault {
	var db *sql.DB
	var tx *sql.Tx
	return fault{
		name: name, check: check, words: words,
		breaks: func(t *testing.T) {
			var err error
			db, err = sql.Open("postgres", r.database)
			must(t, err)
			tx, err = db.BeginTx(context.WithoutCancel(t.Context()), nil)
			must(t, err)
			var taken sync.WaitGroup
			taken.Go(func() { _, err = tx.ExecContext(t.Context(), query) })
			_, cut := db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted`)
			taken.Wait()
			must(t, err)
			must(t, cut)
		},
		mends: func(t *testing.T) {
			must(t, tx.Rollback())
			must(t, db.Close())
		},
	}
}

// signalPostgres signals every process of the server.
func (r *faultRun) signalPostgres(t *testing.T, s syscall.Signal) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(r.pgDisk.Dir, "postgres", "cluster", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return // Postgres is starting
	}
	must(t, err)
	first, _, _ := strings.Cut(string(file), "\n")
	children, _ := os.ReadFile(filepath.Join("/proc", first, "task", first, "children")) // the process may have ended
	for _, pid := range append([]string{first}, strings.Fields(string(children))...) {
		if n, err := strconv.Atoi(pid); err == nil { // otherwise the file is being written
			_ = syscall.Kill(n, s) // the process may have ended meanwhile
		}
	}
}

// subscriber holds the catalogue as a new subscriber sees it.
type subscriber struct {
	mu       sync.Mutex
	caughtUp bool
	services map[string]listed
}

// follow starts a new subscriber.
func (r *faultRun) follow() *subscriber {
	r.t.Helper()
	out := &subscriber{services: map[string]listed{}}
	js, done := r.connect(), make(chan error, 1)
	ctx, stop := context.WithCancel(context.WithoutCancel(r.t.Context()))
	go func() {
		done <- stream.Subscribe(ctx, js, stream.Subscription{
			OnRestart:  func(string) { out.note(func() { clear(out.services) }) },
			OnCaughtUp: func() { out.note(func() { out.caughtUp = true }) },
		}, out.take)
	}()
	r.t.Cleanup(func() {
		stop()
		must(r.t, <-done)
	})
	return out
}

func (o *subscriber) note(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

func (o *subscriber) take(_ context.Context, d stream.Delivery) error {
	o.note(func() {
		switch e := d.Event.(type) {
		case events.ServiceCreated:
			o.services[e.ID] = listed{e.ID, e.Name, e.Description, string(e.Status), e.Version}
		case events.ServiceUpdated:
			o.services[e.ID] = listed{e.ID, e.Name, e.Description, string(e.Status), e.Version}
		case events.ServiceDeleted:
			delete(o.services, e.ID)
		case events.StatusChanged:
			svc := o.services[e.ServiceID]
			svc.Status = string(e.To)
			o.services[e.ServiceID] = svc
		}
	})
	return nil
}

// same reports whether the subscriber has exactly these services.
func (o *subscriber) same(all map[string]listed) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.caughtUp || len(o.services) != len(all) {
		return false
	}
	for id, svc := range all {
		if o.services[id] != svc {
			return false
		}
	}
	return true
}
