package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// supervise waits for the end of the server, and restarts it if configured, until ctx
// ends.
func (p *Postgres) supervise(ctx context.Context) {
	defer close(p.done)
	var pauses backoff
	for {
		select {
		case <-p.child.done:
		case <-ctx.Done():
			return
		}
		if !p.cfg.Restart {
			p.err = fmt.Errorf("it ended; the end of %s is: %s", p.layout.logFile(), p.child.logTail())
			return
		}
		p.cfg.Log.Error("PostgreSQL exited; restarting it", "log", p.layout.logFile(), "log_tail", p.child.logTail())
		if p.err = p.restart(ctx, &pauses); p.err != nil || ctx.Err() != nil {
			return
		}
		p.cfg.Log.Info("PostgreSQL restarted", "dir", p.layout.dir)
	}
}

// restart retries until the server is ready or ctx ends. It fails only if no retry can
// help.
//
// It doesn't clean up after a killed server: the new server does, and refuses to start
// while processes of the old one use the data. A start of this process can't rely on
// that: see stopOrphan.
func (p *Postgres) restart(ctx context.Context, pauses *backoff) error {
	for pauses.wait(ctx) {
		if err := p.checkFiles(); err != nil {
			return err
		}
		child, err := p.layout.startServer(p.cfg)
		if err == nil {
			p.child = child
			err = p.awaitReady(ctx)
		}
		if err == nil {
			return nil
		}
		if child != nil {
			err = errors.Join(err, child.stop(postgresStopTimeout))
		}
		if ctx.Err() == nil {
			p.cfg.Log.Error("PostgreSQL restart failed; retrying", "error", err)
		}
	}
	return nil
}

// checkFiles returns an error if the cluster or the programs were deleted.
func (p *Postgres) checkFiles() error {
	if _, err := os.Stat(filepath.Join(p.layout.cluster(), "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("its data is gone: %w", err)
	}
	if !complete(p.layout.bin) {
		return fmt.Errorf("its programs are gone from %s", p.layout.bin)
	}
	return nil
}
