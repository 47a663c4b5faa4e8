package service

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// Work is what a service does with its connection to NATS.
type Work struct {
	// Parts run until their context ends, beside each other. One that fails ends all.
	Parts []func(context.Context) error

	// Alive and Ready are those of Operations, beside that of the connection; nil:
	// nothing else can be wrong.
	Alive, Ready func() error
}

// Run connects a service to NATS under its name, and works until ctx ends, the
// connection is closed for good, or a part fails. Whoever asks at MetricsAddr is told
// how it is. What is acknowledged has gone out when it returns.
func (c Common) Run(ctx context.Context, name string, start func(*nats.Conn) (Work, error)) error {
	ln, err := c.Listen(ctx)
	if err != nil {
		return err
	}
	nc, err := c.Connect(name)
	if err != nil {
		return errors.Join(err, closed(ln))
	}
	defer nc.Close()
	work, err := start(nc)
	if err != nil {
		return errors.Join(err, closed(ln))
	}
	g, parts := errgroup.WithContext(ctx)
	if ln != nil {
		g.Go(func() error { return Serve(parts, ln, work.operations(c, nc), c.Log) })
	}
	for _, part := range work.Parts {
		g.Go(func() error { return part(parts) })
	}
	c.Log.InfoContext(ctx, "the service runs")
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
			if nc.IsClosed() { // it comes back from everything else by itself
				return errors.New("the connection to NATS is closed for good")
			}
			return well(w.Alive)
		},
		Ready: func(context.Context) error {
			if !nc.IsConnected() {
				return errors.New("NATS is not connected")
			}
			return well(w.Ready)
		},
	}
}

func well(ask func() error) error {
	if ask == nil {
		return nil
	}
	return ask()
}

func closed(ln net.Listener) error {
	if ln == nil {
		return nil
	}
	return ln.Close()
}
