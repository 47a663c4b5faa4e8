package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// tend waits for the end of the server, and starts it again if that is wanted,
// until ctx ends.
func (p *Postgres) tend(ctx context.Context) {
	defer close(p.done)
	var tries again
	for {
		select {
		case <-p.child.done:
		case <-ctx.Done():
			return
		}
		if !p.cfg.Restart {
			p.err = fmt.Errorf("it ended; the end of %s is: %s", p.layout.logFile(), p.child.lastWords())
			return
		}
		p.cfg.Log.Error("postgres ended by itself: it is started again", "log", p.layout.logFile(), "last_words", p.child.lastWords())
		if p.err = p.restart(ctx, &tries); p.err != nil || ctx.Err() != nil {
			return
		}
		p.cfg.Log.Info("postgres was started again", "dir", p.layout.dir)
	}
}

// restart tries until the server is ready or ctx ends. It fails only where no
// try can help.
//
// What a killed server left is left to the new one, which refuses to start while
// the old one's processes are at the data: see stopOrphan for a start that must
// not trust what it finds.
func (p *Postgres) restart(ctx context.Context, tries *again) error {
	for tries.wait(ctx) {
		if err := p.gone(); err != nil {
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
			p.cfg.Log.Error("postgres cannot be started again: trying on", "error", err)
		}
	}
	return nil
}

// gone says that there is nothing left to start.
func (p *Postgres) gone() error {
	if _, err := os.Stat(filepath.Join(p.layout.cluster(), "PG_VERSION")); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("its data is gone: %w", err)
	}
	if !complete(p.layout.bin) {
		return fmt.Errorf("its programs are gone from %s", p.layout.bin)
	}
	return nil
}
