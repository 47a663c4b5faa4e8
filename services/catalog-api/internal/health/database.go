package health

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// Database is what the checks need of the database; the store satisfies it.
type Database interface {
	Ping(ctx context.Context) error
	// Usable reads a service, takes the locks of a write, and uses some disk space.
	Usable(ctx context.Context) error
	// Waiting returns the age of the oldest event in the outbox, or 0 if it is empty.
	Waiting(ctx context.Context) (time.Duration, error)
	// Probed returns the number of services to probe, and how long results of all of
	// them are overdue, counted at the earliest from since; 0: not overdue.
	Probed(ctx context.Context, since time.Time) (services int, silent time.Duration, err error)
}

// DatabaseCheck is the name of the check without which nothing works.
const DatabaseCheck = "postgres"

const (
	oldestEvent = 8 * time.Second  // how long an event may wait
	lateResults = 20 * time.Second // how long results may be late
)

// Postgres checks that people can read and write.
func Postgres(db Database) Check {
	silent := func(err error) *Fault {
		return newFault("Postgres does not answer: nothing can be read or changed until it is back.",
			"Start Postgres. If it runs, check its disk, its log, PORTAL_DATABASE_URL and the network between.", err)
	}
	return Check{Name: DatabaseCheck, Late: silent(nil), Run: func(ctx context.Context) *Fault {
		// If the server hangs, the driver blocks for seconds even after the context has
		// ended. So both are done at once.
		var ping error
		var pinging sync.WaitGroup
		pinging.Go(func() { ping = db.Ping(ctx) })
		err := db.Usable(ctx)
		pinging.Wait()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, catalog.ErrReadOnly) || errors.Is(err, catalog.ErrStorageFull):
			return newFault("Postgres is read-only: its disk is full, or it is a standby. The catalogue can still be read.",
				"Make room on the disk of Postgres, or point PORTAL_DATABASE_URL to the primary.", err)
		case ping == nil:
			return newFault("Postgres answers, but the table of services cannot be read or written in time: another session holds a lock on it, or Postgres is overloaded.",
				"Find the session with SELECT pid, query FROM pg_stat_activity WHERE pid = ANY (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity), and end it with pg_terminate_backend(pid).", err)
		}
		return silent(err)
	}}
}

// Outbox checks that events are published.
func Outbox(db Database) Check {
	return Check{Name: "outbox", Run: func(ctx context.Context) *Fault {
		age, err := db.Waiting(ctx)
		switch {
		case err != nil:
			return newFault("Unknown whether events are published: the outbox in Postgres cannot be read.", "Mend Postgres first.", err)
		case age > oldestEvent:
			return newFault(fmt.Sprintf("Changes have waited %s to be published: new services are not probed, and subscribers get no changes. None is lost.", age.Round(time.Second)),
				"Check the disk and the log of NATS and the log of catalog-api. If NATS runs, restart it: after its disk failed, it keeps failing until a restart.", nil)
		}
		return nil
	}}
}

// Results checks that results of probes are stored.
func Results(db Database, started time.Time) Check {
	return Check{Name: "results", Settles: true, Run: func(ctx context.Context) *Fault {
		_, silent, err := db.Probed(ctx, started)
		switch {
		case err != nil:
			return newFault("Unknown whether services are probed: Postgres cannot be read.", "Mend Postgres first.", err)
		case silent > lateResults:
			return newFault(fmt.Sprintf("Probe results are overdue by %s: statuses are old, and become unknown.", silent.Round(time.Second)),
				"Check the log of health-worker, and restart NATS if its disk has failed.", nil)
		}
		return nil
	}}
}
