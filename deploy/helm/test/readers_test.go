package chart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.yaml.in/yaml/v3"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// What readers of a stream could do to others, by consumers alone.
func TestReadersCanOnlyRead(t *testing.T) {
	b := startBroker(t)
	catalogue := b.owner(t)
	owner, reader := jetStream(t, catalogue), jetStream(t, b.connect(t, "subscriber"))
	publish(t, owner, events.ServiceCreated{Service: newService()})

	t.Run("push", func(t *testing.T) { // at nobody, not even at themselves
		nc := b.connect(t, "subscriber")
		for _, subject := range []string{events.CheckSubject, "$JS.API.STREAM.DELETE.PORTAL", events.ResultSubject("x"), "_INBOX.others.1", nats.NewInbox(), "portal.*.*"} {
			for kind, cfg := range map[string]jetstream.ConsumerConfig{
				"brief":   {Name: "pusher", DeliverSubject: subject, HeadersOnly: true, AckPolicy: jetstream.AckNonePolicy},
				"durable": {Durable: "pusher", DeliverSubject: subject, DeliverGroup: "pushed", AckPolicy: jetstream.AckExplicitPolicy},
				"ordered": {Name: "pusher", DeliverSubject: subject, FlowControl: true, IdleHeartbeat: time.Second, AckPolicy: jetstream.AckNonePolicy},
			} {
				request, err := json.Marshal(map[string]any{"stream_name": events.StreamPortal, "config": cfg, "action": "create"})
				if err != nil {
					t.Fatal(err)
				}
				res, err := nc.Request("$JS.API.CONSUMER.CREATE.PORTAL.pusher", request, patience)
				if err != nil {
					t.Fatalf("%s, pushing at %s: %v, want a refusal", kind, subject, err)
				}
				if !strings.Contains(string(res.Data), "a consumer of a reader is pulled from") {
					t.Errorf("%s, pushing at %s: %s, want a refusal", kind, subject, res.Data)
				}
			}
		}
		spelled := `{"Stream_Name":"PORTAL","Config":{"Name":"pusher","Deliver_Subject":"portal.check"}}`
		if res, err := nc.Request("$JS.API.CONSUMER.CREATE.PORTAL.pusher", []byte(spelled), patience); err == nil {
			t.Logf("another spelling: %s", res.Data)
		}
		if c, err := owner.Consumer(t.Context(), events.StreamPortal, "pusher"); err == nil && c.CachedInfo().Config.DeliverSubject != "" {
			t.Errorf("a consumer pushes at %s", c.CachedInfo().Config.DeliverSubject)
		}
		if _, err := owner.Stream(t.Context(), events.StreamPortal); err != nil {
			t.Errorf("the stream: %v", err)
		}
	})
	t.Run("follow many at once", func(t *testing.T) { // as `nats sub --stream` does
		const many = 2000
		for n := range many {
			svc := newService()
			svc.ID = fmt.Sprintf("0199a3c2-8c1e-7d5a-9b42-%012d", n)
			svc.Description = strings.Repeat("x", 1000)
			publish(t, owner, events.ServiceCreated{Service: svc})
		}
		ordered, err := reader.OrderedConsumer(t.Context(), events.StreamPortal, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy})
		if err != nil {
			t.Fatal(err)
		}
		heard := make(chan string, 2*many)
		reading, err := ordered.Consume(func(m jetstream.Msg) { heard <- m.Subject() })
		if err != nil {
			t.Fatal(err)
		}
		defer reading.Stop()
		for n := range many + 1 {
			select {
			case <-heard:
			case <-time.After(patience):
				t.Fatalf("heard %d services, want %d", n, many+1)
			}
		}
	})
	t.Run("change or delete another's", func(t *testing.T) {
		for who, js := range map[string]jetstream.JetStream{"catalog-api": owner, "another reader": jetStream(t, b.connect(t, "subscriber"))} {
			name := fmt.Sprintf("of-%.3s", who)
			cfg := jetstream.ConsumerConfig{Name: name, InactiveThreshold: time.Minute, AckPolicy: jetstream.AckExplicitPolicy}
			if _, err := js.CreateConsumer(t.Context(), events.StreamPortal, cfg); err != nil {
				t.Fatal(err)
			}
			brief, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			if err := reader.DeleteConsumer(brief, events.StreamPortal, name); err == nil {
				t.Errorf("a reader deletes that of %s", who)
			}
			cancel()
			cfg.InactiveThreshold = time.Nanosecond
			if _, err := reader.CreateOrUpdateConsumer(t.Context(), events.StreamPortal, cfg); err == nil {
				t.Errorf("a reader changes that of %s", who)
			}
			if c, err := owner.Consumer(t.Context(), events.StreamPortal, name); err != nil || c.CachedInfo().Config.InactiveThreshold != time.Minute {
				t.Errorf("that of %s: %v", who, err)
			}
		}
	})
	t.Run("use up all that there are", func(t *testing.T) {
		made := 0
		for n := range 150 {
			cfg := jetstream.ConsumerConfig{Durable: fmt.Sprint("mine-", n), AckPolicy: jetstream.AckExplicitPolicy}
			if _, err := reader.CreateConsumer(t.Context(), events.StreamPortal, cfg); err == nil {
				made++
			}
		}
		if made < 40 || made > 50 { // it has some from before
			t.Errorf("a reader made %d durable consumers, want up to 50 in all", made)
		}
		b.follow(t, catalogue)
		elsewhere, err := nats.Connect(b.server.ClientURL(), nats.UserInfo("subscriber", passwords["subscriber"]), nats.SetCustomDialer(from("127.0.0.2")))
		if err != nil {
			t.Fatal(err)
		}
		defer elsewhere.Close()
		b.follow(t, elsewhere)
		stranger, refused := b.connect(t, "subscriber"), false
		for n := 0; n <= 50 && !refused; n++ { // those that are not durable may have gone meanwhile
			request := nats.NewMsg(fmt.Sprint("$JS.API.CONSUMER.CREATE.PORTAL.forged-", n))
			request.Header.Set("Nats-Request-Info", `{"acc":"READERS","user":"somebody","host":"192.0.2.1"}`)
			request.Data = fmt.Appendf(nil, `{"stream_name":"PORTAL","config":{"durable_name":"forged-%d","ack_policy":"explicit"}}`, n)
			res, err := stranger.RequestMsg(request, patience)
			if err != nil {
				t.Fatal(err)
			}
			refused = strings.Contains(string(res.Data), "this reader has too many")
		}
		if !refused {
			t.Errorf("one who calls itself another is refused: %t", refused)
		}
	})
	t.Run("keep what docs/events.md says", func(t *testing.T) {
		c, err := reader.Consumer(t.Context(), events.StreamPortal, "mine-7")
		if err != nil {
			t.Fatal(err)
		}
		msg, err := c.Next(jetstream.FetchMaxWait(patience))
		if err != nil {
			t.Fatal(err)
		}
		if err := msg.Ack(); err != nil {
			t.Error(err)
		}
	})
}

// The account of a team reads what it should, by the place that it has, and nothing else.
func TestAccountOfATeam(t *testing.T) {
	var example struct{ Nats struct{ Readers string } }
	text, err := os.ReadFile("../examples/gateway-monitoring.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &example)
	}
	rules, ruleErr := os.ReadFile(filepath.Join(deployDir, "nats/nats.conf"))
	if err = errors.Join(err, ruleErr); err != nil {
		t.Fatal(err)
	}
	const marker = "  # Accounts of teams: see README.md."
	if strings.Count(string(rules), marker) != 1 || example.Nats.Readers == "" {
		t.Fatal("nats.conf has no place for accounts, or the example has none")
	}
	t.Setenv("NATS_PAYMENTS_PASSWORD", "ppayments5")
	b := startBrokerWith(t, strings.Replace(string(rules), marker, example.Nats.Readers, 1))
	owner := jetStream(t, b.owner(t))
	svc := newService()
	publish(t, owner, events.ServiceCreated{Service: svc})
	change := events.StatusChanged{ServiceID: svc.ID, Name: svc.Name, From: events.StatusUnknown, To: events.StatusDown, Reason: events.ReasonTimeout, CheckedAt: time.Now().UTC(), Since: time.Now().UTC()}
	publish(t, owner, change)

	nc, err := nats.Connect(b.server.ClientURL(), nats.UserInfo("payments", "ppayments5"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = stream.Consume(ctx, jetStream(t, nc), stream.Durable{Name: "payments-alerts", Subjects: []string{events.AllStatus}, OnError: func(err error) { t.Log(err) }}, func(_ context.Context, d stream.Delivery) error {
		if got, is := d.Event.(events.StatusChanged); !is || got.To != events.StatusDown {
			t.Errorf("it hears %+v", d.Event)
		}
		cancel()
		return nil
	})
	if err != nil || ctx.Err() == nil || errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		t.Fatalf("it hears nothing: %v", err)
	}
	for _, subject := range []string{
		"$JS.API.DIRECT.GET.PORTAL", "$JS.API.DIRECT.GET.PORTAL." + events.CatalogSubject(svc.ID), "$JS.API.STREAM.MSG.GET.PORTAL", "$JS.API.CONSUMER.CREATE.PORTAL.mine",
		"$JS.API.CONSUMER.CREATE.PORTAL.payments-alerts", "$JS.API.CONSUMER.CREATE.PORTAL.payments-alerts.portal.catalog.*", "$JS.API.CONSUMER.CREATE.PORTAL.mine.portal.status.*",
		"$JS.API.CONSUMER.MSG.NEXT.PORTAL.others", "$JS.API.CONSUMER.DELETE.PORTAL.payments-alerts", "$JS.API.STREAM.DELETE.PORTAL", events.CheckSubject,
	} {
		brief, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
		res, err := nc.RequestWithContext(brief, subject, []byte("{}"))
		stop()
		if err == nil {
			t.Errorf("%s is answered with %s", subject, res.Data)
		}
	}
	// The filter in the request must be that in its subject.
	wide := `{"stream_name":"PORTAL","config":{"durable_name":"payments-alerts","ack_policy":"explicit","filter_subject":"portal.catalog.*"},"action":"create"}`
	for _, request := range []string{wide, strings.Replace(wide, `"filter_subject":"portal.catalog.*"`, `"filter_subjects":["portal.status.*","portal.catalog.*"]`, 1), strings.Replace(wide, `,"filter_subject":"portal.catalog.*"`, "", 1)} {
		res, err := nc.Request("$JS.API.CONSUMER.CREATE.PORTAL.payments-alerts.portal.status.*", []byte(request), patience)
		if err != nil || !strings.Contains(string(res.Data), `"error"`) {
			t.Errorf("%s: %v, %s, want a refusal", request, err, res.Data)
		}
	}
	heard := make(chan *nats.Msg, 10)
	if _, err := nc.ChanSubscribe("portal.>", heard); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	publish(t, owner, events.ServiceDeleted{ID: svc.ID, Name: svc.Name, Version: 2, DeletedAt: time.Now().UTC()})
	select {
	case m := <-heard:
		t.Errorf("it hears %s", m.Subject)
	case <-time.After(200 * time.Millisecond):
	}
}

// from dials from another address of this machine: another reader.
type from string

func (f from) Dial(network, address string) (net.Conn, error) {
	return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(string(f))}}).Dial(network, address)
}
