package chart

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
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
				if err != nil || !strings.Contains(string(res.Data), "a consumer of a reader is pulled from") {
					t.Errorf("%s, pushing at %s: %v, %s, want a refusal", kind, subject, err, res.Data)
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

// from dials from another address of this machine: another reader.
type from string

func (f from) Dial(network, address string) (net.Conn, error) {
	return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(string(f))}}).Dial(network, address)
}
