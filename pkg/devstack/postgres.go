package devstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	// postgresUser owns the private cluster. It has no password: only the permissions
	// of the socket protect the cluster.
	postgresUser = "portal"

	// defaultDatabase is the database if none is named.
	defaultDatabase = "portal"

	// postgresStopTimeout limits a fast shutdown. A slower server is killed, and
	// recovers from its log at the next start.
	postgresStopTimeout = 4 * time.Second

	// postgresStartTimeout leaves room for recovery after a crash.
	postgresStartTimeout = 60 * time.Second
)

// PostgresConfig configures a private PostgreSQL cluster.
type PostgresConfig struct {
	// Dir holds the cluster, its log, and binaries if they had to be downloaded.
	// It is created if it is missing, and belongs to the user that Postgres runs as.
	Dir string

	// Database is created if the cluster lacks it. Empty: "portal".
	Database string

	// Disposable trades the data's safety for speed: for tests.
	Disposable bool

	// Restart restarts the server when it ends by itself, and retries for as long as
	// it takes, because the cause may be a full disk.
	Restart bool

	// Log gets the starts and failures of the server; nil discards them. The server's
	// own log is Dir/postgres.log.
	Log *slog.Logger
}

// Postgres is a running private PostgreSQL server. It listens on a unix socket only,
// which only the user who started it (and root) can open.
type Postgres struct {
	cfg    PostgresConfig
	layout layout
	child  *child // owned by supervise until done is closed

	stop context.CancelFunc
	done chan struct{}
	err  error // why it ended; set before done is closed
}

// StartPostgres starts the cluster in cfg.Dir, creating it if there is none, and
// returns when the database accepts connections. It first stops a server that a killed
// process left running on the same folder. Callers must ensure that only one process at
// a time uses the folder.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (_ *Postgres, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("postgres: %w", err)
		}
	}()
	cfg.Database = cmp.Or(cfg.Database, defaultDatabase)
	cfg.Log = orDiscard(cfg.Log)
	lay, err := prepare(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := stopOrphan(ctx, lay); err != nil {
		return nil, errors.Join(err, lay.close())
	}
	if err := lay.initCluster(ctx, cfg.Disposable); err != nil {
		return nil, errors.Join(err, lay.close())
	}
	p := &Postgres{cfg: cfg, layout: lay}
	if p.child, err = lay.startServer(cfg); err != nil {
		return nil, errors.Join(err, lay.close())
	}
	if err := p.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, p.child.stop(postgresStopTimeout), lay.close())
	}
	supervised, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop, p.done = stop, make(chan struct{})
	go p.supervise(supervised)
	cfg.Log.Info("PostgreSQL is ready", "dir", lay.dir, "binaries", lay.bin)
	return p, nil
}

// URL returns the URL of the configured database for lib/pq.
func (p *Postgres) URL() string { return p.DatabaseURL(p.cfg.Database) }

// DatabaseURL returns the URL of another database of the cluster for lib/pq.
func (p *Postgres) DatabaseURL(name string) string {
	query := url.Values{"host": {p.layout.socketDir}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(postgresUser), Host: "", Path: "/" + name, RawQuery: query.Encode()}
	return u.String()
}

// RunningURL returns the URL of a database of the cluster that another process runs in dir,
// for lib/pq. Its error says that none runs.
func RunningURL(dir, database string) (string, error) {
	l := layout{dir: dir}
	socketDir, err := l.runningAt()
	if err != nil {
		return "", fmt.Errorf("no database runs in %s: %w", dir, err)
	}
	p := Postgres{layout: layout{socketDir: socketDir}}
	return p.DatabaseURL(cmp.Or(database, defaultDatabase)), nil
}

// Done returns a channel that is closed when the server has ended for good, by Close or
// by itself.
func (p *Postgres) Done() <-chan struct{} { return p.done }

// Err waits for Done and returns why the server ended by itself, or nil if it was
// closed.
func (p *Postgres) Err() error {
	<-p.done
	return p.err
}

// Close stops the server and returns when it has ended. Open connections break, but no
// committed work is lost.
func (p *Postgres) Close() error {
	p.stop()
	<-p.done
	err := p.child.stop(postgresStopTimeout)
	return errors.Join(err, p.layout.close())
}

// awaitReady waits until the server accepts connections, and creates the database if it
// is missing.
func (p *Postgres) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, postgresStartTimeout,
		fmt.Errorf("not ready after %s; its log is %s", postgresStartTimeout, p.layout.logFile()))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !p.layout.ready(p.child.pid) {
		select {
		case <-tick.C:
		case <-p.child.done:
			return fmt.Errorf("it ended while starting; the end of %s is: %s", p.layout.logFile(), p.child.logTail())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return ensureDatabase(ctx, p.DatabaseURL("postgres"), p.cfg.Database)
}

// prepare finds the binaries, the user and the folders.
func prepare(ctx context.Context, cfg PostgresConfig) (layout, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return layout{}, err
	}
	owner, err := runAs(os.Geteuid())
	if err != nil {
		return layout{}, err
	}
	if err := makeFolder(dir, owner); err != nil {
		return layout{}, err
	}
	bin, err := binaries(ctx, filepath.Join(dir, "bin"), cfg.Log)
	if err != nil {
		return layout{}, err
	}
	return newLayout(dir, bin, owner)
}
