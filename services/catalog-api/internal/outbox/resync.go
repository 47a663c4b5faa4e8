package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// Published is what stream PORTAL last says of a service's configuration.
type Published struct {
	Event   string // the id of the event that says it
	Version int64
	Name    string
	Deleted bool
}

// Catalogue is what the relay compares the stream with; the store satisfies it.
type Catalogue interface {
	// Republish puts into the outbox what published lacks or has wrong, and
	// returns the number of events.
	Republish(ctx context.Context, published map[string]Published) (int, error)
}

// published reads the last catalogue event of every service from the stream.
func published(ctx context.Context, js jetstream.JetStream) (map[string]Published, error) {
	reading, stop := context.WithCancel(ctx)
	defer stop()

	var (
		last     = map[string]Published{}
		complete bool
		failed   error
	)
	err := stream.Subscribe(reading, js, stream.Subscription{
		Subjects:   []string{events.AllCatalog},
		OnRestart:  func(string) { clear(last) },
		OnCaughtUp: func() { complete = true; stop() },
		OnError:    func(err error) { failed = err },
	}, func(_ context.Context, d stream.Delivery) error {
		switch e := d.Event.(type) {
		case events.ServiceCreated:
			last[e.ID] = Published{Event: d.ID, Version: e.Version, Name: e.Name}
		case events.ServiceUpdated:
			last[e.ID] = Published{Event: d.ID, Version: e.Version, Name: e.Name}
		case events.ServiceDeleted:
			last[e.ID] = Published{Event: d.ID, Version: e.Version, Name: e.Name, Deleted: true}
		}
		return nil
	})
	if err == nil && !complete {
		err = errors.Join(ctx.Err(), failed)
	}
	if err != nil {
		return nil, fmt.Errorf("read what the stream has: %w", err)
	}
	return last, nil
}
