package devstack

import (
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
	// postgresUser owns the private cluster; only its socket's permission guards it.
	postgresUser = "portal"

	// postgresStopTimeout bounds a fast shutdown; what is slower is killed, and
	// Postgres recovers from its log at the next start.
	postgresStopTimeout = 4 * time.Second

	// postgresStartTimeout leaves room for recovery after a crash.
	postgresStartTimeout = 60 * time.Second
)

// PostgresConfig says where a private PostgreSQL cluster lives.
type PostgresConfig struct {
	// Dir holds the cluster, its log, and binaries if they had to be downloaded.
	// It is made if it is missing, and belongs to the user that Postgres runs as.
	Dir string

	// Database is made if the cluster lacks it. Empty: "portal".
	Database string

	// Disposable trades the data's safety for speed: for tests.
	Disposable bool

	// Restart has the server started again when it ends by itself, for as long as
	// it takes: a full disk may be what ends it.
	Restart bool

	// Log hears what happens to the server; nil: nobody does. What the server
	// itself says is in Dir/postgres.log.
	Log *slog.Logger
}

// Postgres is a running PostgreSQL server of our own. It listens on a unix socket
// only, which nobody but the user who started it (and root) can open.
type Postgres struct {
	cfg    PostgresConfig
	layout layout
	child  *child // tend's, until done

	stop context.CancelFunc
	done chan struct{}
	err  error // why it ended; read it after done
}

// StartPostgres starts the cluster in cfg.Dir, making it if there is none, and
// returns when the database accepts connections. A server that a killed process
// left behind on the same folder is stopped first. Callers must see to it that
// one process at a time uses the folder.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (_ *Postgres, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("postgres: %w", err)
		}
	}()
	if cfg.Database == "" {
		cfg.Database = "portal"
	}
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
	tending, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop, p.done = stop, make(chan struct{})
	go p.tend(tending)
	cfg.Log.Info("postgres is ready", "dir", lay.dir, "binaries", lay.bin)
	return p, nil
}

// URL is how lib/pq connects to the database that the config names.
func (p *Postgres) URL() string { return p.DatabaseURL(p.cfg.Database) }

// DatabaseURL is how lib/pq connects to another database of the cluster.
func (p *Postgres) DatabaseURL(name string) string {
	query := url.Values{"host": {p.layout.socketDir}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(postgresUser), Host: "", Path: "/" + name, RawQuery: query.Encode()}
	return u.String()
}

// Done is closed when the server has ended for good, asked or not.
func (p *Postgres) Done() <-chan struct{} { return p.done }

// Err says why the server ended by itself, once it is Done; nil: it was asked to.
func (p *Postgres) Err() error {
	<-p.done
	return p.err
}

// Close stops the server, breaking open connections but no committed work, and
// returns when it has ended.
func (p *Postgres) Close() error {
	p.stop()
	<-p.done
	err := p.child.stop(postgresStopTimeout)
	return errors.Join(err, p.layout.close())
}

// awaitReady returns when the database exists and can be used.
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
			return fmt.Errorf("it ended while starting; the end of %s is: %s", p.layout.logFile(), p.child.lastWords())
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
