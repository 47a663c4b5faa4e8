//go:build compose

package compose

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// passwords are the defaults of docker-compose.yml, without an .env.
var passwords = map[string]string{"catalog-api": "catalog", "fetcher": "fetcher", "health-worker": "worker", "subscriber": "subscriber"}

// connect connects to NATS as one of its users.
func (p *project) connect(t *testing.T, user string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("nats://"+p.nats, nats.UserInfo(user, passwords[user]), nats.MaxReconnects(-1),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // permission errors are read from LastError
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func (p *project) jetstream(t *testing.T, user string) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(p.connect(t, user))
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestNATSRefusesUnknownUsers(t *testing.T) {
	for name, option := range map[string]nats.Option{
		"nobody":         nats.Name("nobody"),
		"wrong password": nats.UserInfo("subscriber", "wrong"),
		"wrong user":     nats.UserInfo("admin", "subscriber"),
	} {
		nc, err := nats.Connect("nats://"+portal.nats, option)
		if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: got %v, want %v", name, err, nats.ErrAuthorization)
		}
		if err == nil {
			nc.Close()
		}
	}
}

func TestSubscriberReadsThePublicStream(t *testing.T) {
	nc := portal.connect(t, "subscriber")
	live, err := nc.SubscribeSync(events.AllCatalog)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	ids := register(t, "public", 1)
	defer remove(t, ids)
	want := events.CatalogSubject(ids[0])
	if msg, err := live.NextMsg(waitTimeout); err != nil || msg.Subject != want {
		t.Errorf("core subscription: got %v, %v, want a message on %s", msg, err, want)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.CreateConsumer(t.Context(), events.StreamPortal, jetstream.ConsumerConfig{
		FilterSubject: want, AckPolicy: jetstream.AckExplicitPolicy, InactiveThreshold: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	msg, err := consumer.Next(jetstream.FetchMaxWait(10 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if msg.Subject() != want {
		t.Errorf("pull consumer: got a message on %s, want %s", msg.Subject(), want)
	}
	if err := msg.DoubleAck(t.Context()); err != nil {
		t.Error(err)
	}
}

// The subjects that each user must not publish.
var forbidden = map[string][]string{
	"subscriber": {
		"portal.catalog.x", "portal.status.x", "portal.probe.plan.x", "portal.probe.due.x", "portal.probe.result.x",
		"portal.check", "portal.feeds", "portal.links", "portal.oncall.found.x", "portal.calls.found.0", "$SRV.PING", "_INBOX.x.y",
		"$JS.API.STREAM.CREATE.OTHER", "$JS.API.STREAM.UPDATE.PORTAL", "$JS.API.STREAM.DELETE.PORTAL",
		"$JS.API.STREAM.PURGE.PORTAL", "$JS.API.STREAM.MSG.DELETE.PORTAL",
		"$JS.API.STREAM.MSG.GET.PROBES", "$JS.API.DIRECT.GET.RESULTS", "$JS.API.DIRECT.GET.PROBES.portal.probe.plan.x",
		"$JS.API.CONSUMER.CREATE.PROBES.x", "$JS.API.CONSUMER.CREATE.RESULTS.x.portal.probe.result.*",
		"$JS.API.CONSUMER.MSG.NEXT.RESULTS.ingest", "$JS.API.CONSUMER.MSG.NEXT.PROBES.probers-default",
		"$JS.API.CONSUMER.MSG.NEXT.PORTAL.planner", "$JS.API.CONSUMER.DELETE.PORTAL.planner",
		"$JS.ACK.PORTAL.planner.1.1.1.1.1", "$SYS.REQ.SERVER.PING",
	},
	"health-worker": {
		"portal.catalog.x", "portal.status.x", "portal.check", "portal.feeds", "portal.links", "portal.oncall.found.x", "portal.calls.found.0",
		"$JS.API.STREAM.DELETE.PORTAL", "$JS.API.STREAM.DELETE.PROBES", "$JS.API.STREAM.PURGE.PORTAL", "$JS.API.STREAM.PURGE.RESULTS",
		"$JS.API.STREAM.CREATE.PROBES", "$JS.API.STREAM.UPDATE.PROBES", "$JS.API.STREAM.UPDATE.RESULTS", "$JS.API.STREAM.UPDATE.PORTAL",
		"$JS.API.CONSUMER.CREATE.PORTAL.x", "$JS.API.CONSUMER.CREATE.PORTAL.x.portal.status.*", "$JS.API.CONSUMER.CREATE.PROBES.x",
		"$JS.API.CONSUMER.DELETE.PORTAL.planner", "$JS.API.CONSUMER.DELETE.PROBES.probers-default",
		"$JS.API.CONSUMER.CREATE.RESULTS.x", "$JS.API.CONSUMER.MSG.NEXT.RESULTS.ingest", "$JS.ACK.RESULTS.ingest.1.1.1.1.1",
	},
	"fetcher": {
		"portal.catalog.x", "portal.status.x", "portal.release.x", "portal.check", "portal.probe.result.x",
		"$JS.API.STREAM.CREATE.FETCHED", "$JS.API.STREAM.PURGE.FETCHED", "$JS.API.STREAM.DELETE.PORTAL",
		"$JS.API.CONSUMER.CREATE.FETCHED.releases.portal.release.found.*", "$JS.API.CONSUMER.MSG.NEXT.FETCHED.releases",
		"$JS.API.CONSUMER.CREATE.FETCHED.shifts.portal.oncall.found.*", "$JS.API.CONSUMER.MSG.NEXT.FETCHED.shifts", "portal.team.x",
		"$JS.API.CONSUMER.CREATE.FETCHED.calls.portal.calls.found.*", "$JS.API.CONSUMER.MSG.NEXT.FETCHED.calls",
		"$JS.API.CONSUMER.CREATE.PORTAL.x.portal.status.*", "$JS.API.CONSUMER.MSG.NEXT.PORTAL.planner", "$JS.API.CONSUMER.CREATE.RESULTS.x",
	},
	"catalog-api": {
		"portal.probe.plan.x", "portal.probe.due.x", "portal.probe.result.x",
		"$JS.API.STREAM.DELETE.PORTAL", "$JS.API.STREAM.PURGE.PROBES", "$JS.API.STREAM.PURGE.RESULTS",
		"$JS.API.CONSUMER.CREATE.PROBES.x", "$JS.API.CONSUMER.MSG.NEXT.PROBES.probers-default",
		"$JS.API.CONSUMER.MSG.NEXT.PORTAL.planner", "$JS.API.CONSUMER.DELETE.RESULTS.ingest",
	},
}

// The subjects that each user must not subscribe to.
var secret = map[string][]string{
	"subscriber":    {">", "portal.>", "portal.feeds", "portal.links", "_FEEDS.>", "portal.check", "portal.probe.result.*", "portal.probe.due.*", "$JS.API.>", "$SRV.>"},
	"fetcher":       {">", "portal.>", "portal.*.*", "portal.feeds", "portal.links", "portal.check", "$JS.API.>"},
	"health-worker": {">", "portal.>", "portal.feeds", "portal.links", "_FEEDS.>", "portal.probe.result.*", "$JS.API.>"},
	"catalog-api":   {">", "portal.>", "_FEEDS.>", "portal.check", "$JS.API.>"},
}

func TestEachUserHasOnlyItsOwnSubjects(t *testing.T) {
	refused := func(user, what string, do func(*nats.Conn) error) {
		nc := portal.connect(t, user)
		defer nc.Close()
		if err := errors.Join(do(nc), nc.Flush()); err != nil {
			t.Errorf("%s, %s: %v", user, what, err)
		}
		// The server sends permission errors before it answers the flush.
		if err := nc.LastError(); !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("%s may %s (%v)", user, what, err)
		}
	}
	for user, subjects := range forbidden {
		for _, subject := range subjects {
			refused(user, "publish on "+subject, func(nc *nats.Conn) error { return nc.Publish(subject, nil) })
		}
	}
	for user, subjects := range secret {
		for _, subject := range subjects {
			refused(user, "subscribe to "+subject, func(nc *nats.Conn) error {
				_, err := nc.SubscribeSync(subject)
				return err
			})
		}
	}
}

func TestServicesHaveTheirNATSPermissions(t *testing.T) {
	ids := register(t, "rights", 1)
	code, body := call(t, http.MethodPost, fmt.Sprintf("http://%s/api/services/%s/check", portal.web, ids[0]), nil)
	if code != http.StatusOK {
		t.Errorf("check: %d %s", code, body)
	}
	remove(t, ids)
	nothingRefused(t)
}

// nothingRefused checks the services' logs for permission errors: each is a missing
// permission.
func nothingRefused(t *testing.T) {
	t.Helper()
	log, err := portal.compose(waitTimeout, "logs", "--no-color", "catalog-api", "fetcher", "health-worker")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(log) {
		if strings.Contains(strings.ToLower(line), "permissions violation") {
			t.Errorf("NATS refused something: %s", line)
			return
		}
	}
}

func TestSubscriberCannotPublishByReplySubjects(t *testing.T) {
	api, stranger := portal.jetstream(t, "catalog-api"), portal.connect(t, "subscriber")
	for stream, reply := range map[string]string{events.StreamPortal: "portal.catalog.x", events.StreamResults: "portal.probe.result.x"} {
		// The answer to a request is published on the reply subject without checking the sender's permissions.
		if err := errors.Join(stranger.PublishRequest("$JS.API.STREAM.INFO.PORTAL", reply, nil), stranger.Flush()); err != nil {
			t.Fatal(err)
		}
		if _, err := stranger.Request("$JS.API.STREAM.INFO.PORTAL", nil, 5*time.Second); err != nil {
			t.Fatal(err) // answers come in order, so earlier requests are answered too
		}
		s, err := api.Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		if info := s.CachedInfo().State; info.NumSubjects > 0 {
			got, err := s.Info(t.Context(), jetstream.WithSubjectFilter(reply))
			if err != nil {
				t.Fatal(err)
			}
			if len(got.State.Subjects) > 0 {
				t.Errorf("the subscriber wrote into stream %s by the reply of a request", stream)
			}
		}
	}
}
