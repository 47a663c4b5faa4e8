package chart

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	natsrules "github.com/dev-portal/dev-portal/deploy/nats"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/fetcher"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

// patience is how long a test waits for what comes in milliseconds.
const patience = 15 * time.Second

// The whole work of a real worker and of catalog-api's side of it, with the users
// of nats.conf, and without one violation of their rights.
func TestUsersOfNATSMayDoTheirWork(t *testing.T) {
	b := startBroker(t)
	b.startWorker(t)
	b.startFetcher(t)
	catalogue := b.owner(t)
	js := jetStream(t, catalogue)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ingest, err := stream.Ingest(ctx, js)
	if err != nil {
		t.Fatal(err)
	}
	shifts, err := stream.Shifts(ctx, js)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := stream.Calls(ctx, js)
	if err != nil {
		t.Fatal(err)
	}
	b.nameFeed(t, catalogue)
	found, err := stream.Found(ctx, js)
	if err != nil {
		t.Fatal(err)
	}
	svc := newService()
	svc.GitHubURL = "https://cvs.example/of-no-forge" // which nobody asks
	publish(t, js, events.ServiceCreated{Service: svc})

	msg, err := ingest.Next(jetstream.FetchMaxWait(patience))
	if err != nil {
		t.Fatalf("no worker planned and probed the service: %v", err)
	}
	if err := msg.DoubleAck(ctx); err != nil {
		t.Error(err)
	}
	if _, err := events.DecodeResults(msg.Headers(), msg.Data()); err != nil {
		t.Error(err)
	}
	said, err := found.Next(jetstream.FetchMaxWait(patience))
	if err != nil {
		t.Fatalf("the fetcher says nothing of the service: %v", err)
	}
	if err := said.DoubleAck(ctx); err != nil {
		t.Error(err)
	}
	if said, err = shifts.Next(jetstream.FetchMaxWait(patience)); err != nil {
		t.Fatalf("the fetcher says nothing of the calendar: %v", err)
	}
	if err := said.DoubleAck(ctx); err != nil {
		t.Error(err)
	}
	if said, err = calls.Next(jetstream.FetchMaxWait(patience)); err != nil {
		t.Fatalf("the fetcher says nothing of calls: %v", err)
	}
	if err := said.DoubleAck(ctx); err != nil {
		t.Error(err)
	}
	ask, err := json.Marshal(events.ProbePlanned{ServiceID: svc.ID, Version: 1, URL: svc.StatusURL, Interval: svc.Interval})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := catalogue.RequestWithContext(ctx, events.CheckSubject, ask); err != nil {
		t.Errorf("no worker answers a check: %v", err)
	}
	if streams, consumers, err := stream.Missing(ctx, js); err != nil || streams != nil || consumers != nil {
		t.Errorf("catalog-api sees that %v and %v are missing, %v", streams, consumers, err)
	}
	if _, err := catalogue.RequestWithContext(ctx, "$SRV.PING.health-worker", nil); err != nil {
		t.Errorf("catalog-api does not see the worker: %v", err)
	}
	publish(t, js, events.ServiceDeleted{ID: svc.ID, Name: svc.Name, Version: 2, DeletedAt: time.Now().UTC()})
	portal, err := js.Stream(ctx, events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	if err := portal.Purge(ctx, jetstream.WithPurgeSubject(events.StatusSubject(svc.ID))); err != nil {
		t.Error(err)
	}
	b.follow(t, catalogue)
	b.follow(t, b.connect(t, "subscriber"))
	b.consume(t, js)
	if got := b.violations(); got != nil {
		t.Errorf("rights were missing:\n%s", strings.Join(got, "\n"))
	}
}

func TestUsersOfNATSMayDoNothingElse(t *testing.T) {
	b := startBroker(t)
	b.owner(t)
	worker := jetStream(t, b.connect(t, "health-worker"))
	if _, err := stream.Planner(t.Context(), worker); err != nil {
		t.Fatal(err)
	}
	id := newService().ID
	forbidden := map[string][]string{
		"subscriber": {
			events.CatalogSubject(id), events.StatusSubject(id), events.DueSubject(id), events.ResultSubject(id), events.CheckSubject,
			events.FeedsSubject, events.LinksSubject, events.ShiftsFoundSubject("payments"), events.CallsFoundSubject(0),
			"$JS.API.STREAM.DELETE.PORTAL", "$JS.API.STREAM.PURGE.PORTAL", "$JS.API.STREAM.UPDATE.PORTAL", "$JS.API.STREAM.MSG.DELETE.PORTAL",
			"$JS.API.CONSUMER.DELETE.PORTAL.planner", "$JS.API.CONSUMER.CREATE.PORTAL.planner.portal.catalog.*",
			"$JS.API.CONSUMER.MSG.NEXT.PORTAL.planner", "$JS.API.CONSUMER.CREATE.RESULTS.mine", "$JS.API.STREAM.MSG.GET.RESULTS",
			"$JS.API.CONSUMER.CREATE.PROBES.mine", "$JS.ACK.PORTAL.planner.1.1.1.1.0",
			"$JS.API.CONSUMER.DELETE.PORTAL.anothers", "$JS.API.CONSUMER.NAMES.PORTAL", "$JS.API.CONSUMER.LIST.PORTAL",
			"$JS.API.CONSUMER.CREATE.PORTAL", "$JS.API.CONSUMER.DURABLE.CREATE.PORTAL.mine", "portal.readers.create.mine",
			"$JS.FC.PORTAL.mine.x",
		},
		"catalog-api": {
			events.PlanSubject(id), events.DueSubject(id), events.ResultSubject(id),
			"$JS.API.STREAM.DELETE.PORTAL", "$JS.API.CONSUMER.DELETE.PORTAL.planner", "$JS.API.CONSUMER.CREATE.PROBES.mine",
			"$JS.API.CONSUMER.CREATE.PORTAL.planner.portal.catalog.*", "$JS.API.CONSUMER.MSG.NEXT.PORTAL.planner",
			"$JS.API.STREAM.DELETE.PROBES", "$JS.API.STREAM.PURGE.PROBES", "$JS.API.CONSUMER.CREATE.RESULTS.mine", "$JS.API.CONSUMER.DELETE.RESULTS.ingest",
		},
		"health-worker": {
			events.CatalogSubject(id), events.StatusSubject(id), events.FeedsSubject, events.LinksSubject, events.ShiftsFoundSubject("payments"), events.CallsFoundSubject(0),
			"$JS.API.STREAM.UPDATE.PORTAL", "$JS.API.STREAM.UPDATE.RESULTS", "$JS.API.STREAM.UPDATE.PROBES",
			"$JS.API.STREAM.CREATE.PORTAL", "$JS.API.STREAM.CREATE.RESULTS", "$JS.API.STREAM.CREATE.PROBES", "$JS.API.STREAM.DELETE.PROBES",
			"$JS.API.STREAM.DELETE.PORTAL", "$JS.API.STREAM.PURGE.PORTAL", "$JS.API.CONSUMER.CREATE.RESULTS.ingest.portal.probe.result.*",
			"$JS.API.CONSUMER.CREATE.PORTAL.mine", "$JS.API.CONSUMER.CREATE.PORTAL.mine.portal.status.*", "$JS.API.CONSUMER.CREATE.PROBES.mine",
			"$JS.API.CONSUMER.DELETE.PORTAL.anothers", "$JS.API.CONSUMER.DELETE.PROBES.probers-default", "$JS.API.CONSUMER.LIST.PORTAL",
		},
	}
	forbidden["fetcher"] = []string{
		events.CatalogSubject(id), events.StatusSubject(id), events.ReleaseSubject(id), events.ResultSubject(id), events.CheckSubject, events.PlanSubject(id),
		"$JS.API.STREAM.CREATE.FETCHED", "$JS.API.STREAM.UPDATE.FETCHED", "$JS.API.STREAM.PURGE.FETCHED", "$JS.API.STREAM.DELETE.PORTAL",
		"$JS.API.CONSUMER.CREATE.FETCHED.releases.portal.release.found.*", "$JS.API.CONSUMER.MSG.NEXT.FETCHED.releases", "$JS.API.CONSUMER.DELETE.FETCHED.releases",
		"$JS.API.CONSUMER.CREATE.FETCHED.shifts.portal.oncall.found.*", "$JS.API.CONSUMER.MSG.NEXT.FETCHED.shifts", events.TeamSubject("payments"),
		"$JS.API.CONSUMER.CREATE.FETCHED.calls.portal.calls.found.*", "$JS.API.CONSUMER.MSG.NEXT.FETCHED.calls",
		"$JS.API.CONSUMER.CREATE.PORTAL.planner.portal.catalog.*", "$JS.API.CONSUMER.MSG.NEXT.PORTAL.planner", "$JS.API.CONSUMER.CREATE.PORTAL.mine.portal.status.*",
		"$JS.API.CONSUMER.CREATE.RESULTS.mine", "$JS.API.CONSUMER.CREATE.PROBES.mine", "$JS.API.CONSUMER.DELETE.PORTAL.anothers",
	}
	for user, subjects := range forbidden {
		nc := b.connect(t, user)
		for _, subject := range subjects {
			if err := nc.Publish(subject, []byte("{}")); err != nil {
				t.Fatal(err)
			}
			if err := nc.Flush(); err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(b.violations(), func(line string) bool {
				return strings.Contains(line, "user:"+user) && strings.Contains(line, fmt.Sprintf("%q", subject))
			}) {
				t.Errorf("%s may publish %s", user, subject)
			}
		}
	}
	for _, user := range []string{"subscriber", "health-worker", "catalog-api"} { // the answers have the addresses of calendars
		nc := b.connect(t, user)
		if _, err := nc.SubscribeSync(events.FeedsReplies + ">"); err != nil {
			t.Fatal(err)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(b.violations(), func(line string) bool {
			return strings.Contains(line, "user:"+user) && strings.Contains(line, fmt.Sprintf("%q", events.FeedsReplies+">"))
		}) {
			t.Errorf("%s may listen for feeds", user)
		}
	}
	if _, err := nats.Connect(b.server.ClientURL()); err == nil {
		t.Error("somebody without a password may connect")
	}
}

// broker is a server with nats.conf, which the loopback interface alone reaches.
type broker struct {
	server *server.Server
	log    *violations
}

var passwords = map[string]string{"catalog-api": "pcatalog1", "fetcher": "pfetcher4", "health-worker": "pworker2", "subscriber": "psubscriber3"}

func startBroker(t *testing.T) broker {
	t.Helper()
	rules, err := os.ReadFile(filepath.Join(deployDir, "nats/nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	return startBrokerWith(t, string(rules))
}

// startBrokerWith starts a server with other rules than those of nats.conf alone.
func startBrokerWith(t *testing.T, rules string) broker {
	t.Helper()
	setPasswords(t)
	options, err := server.ProcessConfigFile(write(t, filepath.Join(t.TempDir(), "nats.conf"), rules))
	if err != nil {
		t.Fatal(err)
	}
	options.Host, options.Port, options.HTTPPort, options.StoreDir, options.NoSigs = "127.0.0.1", -1, 0, t.TempDir(), true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	log := &violations{}
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("NATS does not start with nats.conf")
	}
	return broker{s, log}
}

// setPasswords sets the passwords of all users of nats.conf.
func setPasswords(t *testing.T) {
	t.Helper()
	for _, name := range natsrules.PasswordVariables() {
		t.Setenv(name, "ponlyhere4")
	}
	for user, password := range passwords {
		t.Setenv(variableOf(user), password)
	}
}

// variableOf returns the name of a user's password in nats.conf.
func variableOf(user string) string {
	return "NATS_" + strings.ToUpper(strings.ReplaceAll(user, "-", "_")) + "_PASSWORD"
}

func (b broker) violations() []string { return b.log.all() }

func (b broker) connect(t *testing.T, user string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(b.server.ClientURL(), nats.UserInfo(user, passwords[user]), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// owner does what catalog-api does for others: it makes its streams, and admits
// readers, until the test ends.
func (b broker) owner(t *testing.T) *nats.Conn {
	t.Helper()
	nc := b.connect(t, "catalog-api")
	js := jetStream(t, nc)
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done, before := make(chan error, 1), nc.NumSubscriptions()
	go func() { done <- stream.AdmitReaders(ctx, js) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("admit readers: %v", err)
		}
	})
	// Until the broker knows of the subscription, it says that nobody answers a reader's request.
	for end := time.Now().Add(patience); nc.NumSubscriptions() == before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return nc
}

// startWorker runs a worker until the test ends.
func (b broker) startWorker(t *testing.T) {
	t.Helper()
	b.start(t, "health-worker", func(ctx context.Context, common service.Common) error {
		return healthworker.Run(ctx, healthworker.Config{Common: common})
	})
}

// startFetcher runs a fetcher until the test ends. What it asks for calls answers as Prometheus does.
func (b broker) startFetcher(t *testing.T) {
	t.Helper()
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"client":"shop","server":"payments"},"value":[0,"1"]}]}}`)
	}))
	t.Cleanup(prometheus.Close)
	b.start(t, "fetcher", func(ctx context.Context, common service.Common) error {
		return fetcher.Run(ctx, fetcher.Config{Common: common, Prometheus: fetcher.Prometheus{URL: prometheus.URL}})
	})
}

// nameFeed answers as catalog-api does, with the calendar of a team, where nobody is.
func (b broker) nameFeed(t *testing.T, nc *nats.Conn) {
	t.Helper()
	answer, err := json.Marshal(events.Feeds{Feeds: []events.Feed{{Slug: "payments", URL: "http://127.0.0.1:1/basic.ics"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nc.QueueSubscribe(events.FeedsSubject, "catalog-api", func(msg *nats.Msg) { _ = msg.Respond(answer) }); err != nil { // it is asked again
		t.Fatal(err)
	}
	publish(t, jetStream(t, nc), events.TeamCreated{Team: events.Team{
		Slug: "payments", Name: "Payments", Version: 1, CreatedAt: time.Now().UTC(), UpdatedAt: time.Now().UTC(),
	}})
}

// start runs a service as its user until the test ends.
func (b broker) start(t *testing.T, user string, run func(context.Context, service.Common) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	url := strings.Replace(b.server.ClientURL(), "nats://", "nats://"+user+":"+passwords[user]+"@", 1)
	go func() {
		done <- run(ctx, service.Common{NATSURL: url, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("%s: %v", user, err)
		}
	})
}

// follow reads stream PORTAL to its end, as subscribers do.
func (b broker) follow(t *testing.T, nc *nats.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	heard := 0
	err := stream.Subscribe(ctx, jetStream(t, nc), stream.Subscription{OnCaughtUp: cancel},
		func(context.Context, stream.Delivery) error { heard++; return nil })
	if err != nil || heard == 0 {
		t.Errorf("heard %d events (%v), want the snapshot", heard, err)
	}
}

// consume reads stream PORTAL from a place that is kept, as subscribers do: each run
// goes on where the one before it ended.
func (b broker) consume(t *testing.T, catalogue jetstream.JetStream) {
	t.Helper()
	for attempt := range 3 {
		svc := newService()
		svc.Version = int64(10 + attempt)
		publish(t, catalogue, events.ServiceUpdated{Service: svc})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		var heard []int64
		err := stream.Consume(ctx, jetStream(t, b.connect(t, "subscriber")), stream.Durable{
			Name: "chat", Subjects: []string{events.CatalogSubject(svc.ID)},
		}, func(_ context.Context, d stream.Delivery) error {
			heard = append(heard, d.Event.(events.ServiceUpdated).Version)
			cancel()
			return nil
		})
		if err != nil || !slices.Equal(heard, []int64{svc.Version}) {
			t.Errorf("run %d heard %d (%v), want %d alone", attempt+1, heard, err, svc.Version)
		}
		cancel()
	}
}

func jetStream(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func publish(t *testing.T, js jetstream.JetStream, e events.Event) {
	t.Helper()
	msg, err := stream.Encode("/test", e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.PublishMsg(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
}

// service has a health URL that nothing outside is asked for: port 9 is closed.
func newService() events.Service {
	now := time.Now().UTC()
	return events.Service{
		ID: "0199a3c2-8c1e-7d5a-9b42-3f1c8e6a7d10", Name: "billing", StatusURL: "http://127.0.0.1:9/", Tags: []string{},
		Interval: "1m", Version: 1, Status: events.StatusUnknown, StatusSince: now, CreatedAt: now, UpdatedAt: now,
	}
}

// violations is a server's logger that keeps what users may not do.
type violations struct {
	server.Logger

	mu    sync.Mutex
	lines []string
}

func (v *violations) Noticef(string, ...any) {}
func (v *violations) Warnf(string, ...any)   {}
func (v *violations) Fatalf(string, ...any)  {}
func (v *violations) Debugf(string, ...any)  {}
func (v *violations) Tracef(string, ...any)  {}

func (v *violations) Errorf(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); strings.Contains(line, "Violation") {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.lines = append(v.lines, line)
	}
}

func (v *violations) all() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.lines)
}
