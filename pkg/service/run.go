package service

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// Work is the work of a service on its connection to NATS.
type Work struct {
	// Parts run concurrently until their context ends. If one fails, all end.
	Parts []func(context.Context) error

	// Alive and Ready are the checks of Operations in addition to those of the
	// connection; nil if there are none.
	Alive, Ready func() error
}

// Run connects a service to NATS under its name, and runs the parts of its work until
// ctx ends, the connection is closed for good, or a part fails. It serves Operations at
// MetricsAddr. It flushes acknowledgements before it returns nil.
func (c Common) Run(ctx context.Context, name string, start func(*nats.Conn) (Work, error)) error {
	ln, err := c.Listen(ctx)
	if err != nil {
		return err
	}
	nc, err := c.Connect(name)
	if err != nil {
		return errors.Join(err, closeListener(ln))
	}
	defer nc.Close()
	work, err := start(nc)
	if err != nil {
		return errors.Join(err, closeListener(ln))
	}
	g, parts := errgroup.WithContext(ctx)
	if ln != nil {
		g.Go(func() error { return Serve(parts, ln, work.operations(c, nc).Handler(), c.Log) })
	}
	for _, part := range work.Parts {
		g.Go(func() error { return part(parts) })
	}
	c.Log.InfoContext(ctx, "service is running")
	if err := g.Wait(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c.Flush(ctx, nc)
	return nil
}

func (w Work) operations(c Common, nc *nats.Conn) Operations {
	return Operations{
		Registry: c.Registry,
		Alive: func(context.Context) error {
			if nc.IsClosed() { // in any other state it reconnects by itself
				return errors.New("the connection to NATS is closed for good")
			}
			return callIfSet(w.Alive)
		},
		Ready: func(context.Context) error {
			if !nc.IsConnected() {
				return errors.New("NATS is not connected")
			}
			return callIfSet(w.Ready)
		},
	}
}

func callIfSet(check func() error) error {
	if check == nil {
		return nil
	}
	return check()
}

func closeListener(ln net.Listener) error {
	if ln == nil {
		return nil
	}
	return ln.Close()
}
