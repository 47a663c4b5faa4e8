package stream_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A program that follows the portal: it first hears what is, then what changes.
func ExampleSubscribe() {
	portal := startExample()
	defer portal.stop()
	url := portal.url // of `make run`: "nats://127.0.0.1:4222"
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	nc, err := nats.Connect(url, nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.IgnoreAuthErrorAbort())
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		log.Fatal(err)
	}

	err = stream.Subscribe(ctx, js, stream.Subscription{
		OnRestart: func(string) { fmt.Println("forget what you know") },
		OnCaughtUp: func() {
			fmt.Println("that is all, from here on it is news")
			portal.goOn() // yours goes on by itself
		},
		OnError: func(err error) { log.Print(err) }, // to know of it: reading goes on
	}, func(_ context.Context, d stream.Delivery) error {
		switch e := d.Event.(type) {
		case events.ServiceCreated:
			fmt.Println(e.Name, "of", e.Team, "is", e.Status)
		case events.ServiceUpdated:
			fmt.Println(e.Name, "of", e.Team, "is", e.Status)
		case events.ServiceDeleted:
			fmt.Println(e.Name, "is gone")
			cancel()
		case events.StatusChanged:
			fmt.Println(e.Name, "went from", e.From, "to", e.To, "because of", e.Reason)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// forget what you know
	// billing of Payments is healthy
	// that is all, from here on it is news
	// billing went from healthy to degraded because of http_5xx
	// billing is gone
}

// A program that tells a chat of each change of a status, also of those that came
// while it did not run.
func ExampleConsume() {
	portal := startExample()
	defer portal.stop()
	runUntilTold := func(most int) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		err := alert(ctx, portal.js, func(_ context.Context, text string) error {
			fmt.Println(text)
			if most--; most == 0 {
				cancel()
			}
			return nil
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	portal.turn(events.StatusDown, events.ReasonTimeout)
	runUntilTold(1)
	fmt.Println("it does not run for a while")
	portal.turn(events.StatusHealthy, events.ReasonOK)
	portal.turn(events.StatusDegraded, events.ReasonHTTP5xx)
	runUntilTold(2)
	// Output:
	// billing of Payments is down (timeout)
	// it does not run for a while
	// billing of Payments is healthy (ok)
	// billing of Payments is degraded (http_5xx)
}

func alert(ctx context.Context, js jetstream.JetStream, tell func(ctx context.Context, text string) error) error {
	return stream.Consume(ctx, js, stream.Durable{
		Name:     "chat-alerts", // the server keeps the place under this name
		Subjects: []string{events.AllStatus},
		OnError:  func(err error) { log.Print(err) }, // to know of it: reading goes on
	}, func(ctx context.Context, d stream.Delivery) error {
		change, ok := d.Event.(events.StatusChanged)
		if !ok || d.Snapshot && change.To == events.StatusHealthy {
			return nil // at the very first start: what was well already
		}
		err := tell(ctx, fmt.Sprintf("%s of %s is %s (%s)", change.Name, change.Team, change.To, change.Reason))
		if err != nil && d.Attempt >= 10 {
			return stream.Drop(err) // after four minutes: all others wait for this one
		}
		return err // nil, or it comes again a little later
	})
}

// A program that has the catalogue at hand, and follows it.
func ExampleMirror() {
	portal := startExample()
	defer portal.stop()
	js := portal.js
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)

	mirror := stream.NewMirror(js)
	byTeam := mirror.Index(func(s events.Service) []string { return []string{s.Team} })
	mirror.OnChange = func(c stream.Change) {
		switch {
		case c.Before == nil:
			fmt.Println(c.After.Name, "is new")
		case c.After == nil:
			fmt.Println(c.Before.Name, "is gone; it was", c.Before.Status)
			cancel()
		case c.Before.Status != c.After.Status:
			fmt.Println(c.After.Name, "was", c.Before.Status, "and is", c.After.Status)
		}
	}
	go func() { ended <- mirror.Run(ctx) }()
	<-mirror.Ready()
	for _, service := range byTeam.Services("Payments") {
		fmt.Println(service.Name, "is", service.Status)
	}
	portal.goOn() // yours goes on by itself
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	// Output:
	// billing is healthy
	// billing was healthy and is degraded
	// billing is gone; it was degraded
}

// examplePortal is NATS with one service in the catalogue.
type examplePortal struct {
	url  string
	nc   *nats.Conn
	js   jetstream.JetStream
	stop func()
}

func startExample() examplePortal {
	dir := must(os.MkdirTemp("", "events-example-"))
	srv := must(server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
	}))
	srv.Start()
	if !srv.ReadyForConnections(patience) {
		log.Fatal("the NATS server is not ready")
	}
	nc := must(nats.Connect(srv.ClientURL()))
	p := examplePortal{url: srv.ClientURL(), nc: nc, js: must(jetstream.New(nc)), stop: func() {
		nc.Close()
		srv.Shutdown()
		srv.WaitForShutdown()
		_ = os.RemoveAll(dir) // a leftover in the temporary folder
	}}
	if err := stream.Ensure(context.Background(), p.js, 1); err != nil {
		log.Fatal(err)
	}
	p.say(events.ServiceUpdated{Service: billing()})
	return p
}

// goOn lets the service fail and go. A deletion replaces what was not read yet of
// the configuration, but not of the status.
func (p examplePortal) goOn() {
	for _, e := range samples() {
		if _, ok := e.(events.StatusChanged); ok {
			p.say(e)
		}
	}
	p.say(events.ServiceDeleted{ID: billingID, Name: "billing", Version: 5, DeletedAt: at(17, 5, 0, 0)})
}

// turn changes the service's status.
func (p examplePortal) turn(to events.Status, reason events.Reason) {
	for _, e := range samples() {
		if change, ok := e.(events.StatusChanged); ok {
			change.From, change.To, change.Reason = events.StatusUnknown, to, reason
			p.say(change)
		}
	}
}

func (p examplePortal) say(e events.Event) {
	must(p.js.PublishMsg(context.Background(), must(stream.Encode(source, e))))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
