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

func (p examplePortal) say(e events.Event) {
	must(p.js.PublishMsg(context.Background(), must(stream.Encode(source, e))))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
