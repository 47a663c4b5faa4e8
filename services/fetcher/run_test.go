package fetcher_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/fetcher"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/forgetest"
)

const (
	billing = "019a0000-0000-7000-8000-00000000000b"
	ledger  = "019a0000-0000-7000-8000-00000000000c"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// system is a broker with the portal's streams, a forge, and what the fetcher says.
type system struct {
	t      *testing.T
	url    string
	js     jetstream.JetStream
	forge  *forgetest.Server
	said   jetstream.MessagesContext
	cfg    fetcher.Config
	hooks  string // address of the listener for webhooks
	secret string
}

func newSystem(t *testing.T, kind string) *system {
	t.Helper()
	s := &system{t: t, url: devtest.NATS(t).URL(), forge: forgetest.New(kind), secret: "s3cret"}
	t.Cleanup(s.forge.Close)
	s.js = devtest.JetStream(t, s.url)
	if err := stream.Ensure(t.Context(), s.js, 1); err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.Found(t.Context(), s.js)
	if err != nil {
		t.Fatal(err)
	}
	if s.said, err = consumer.Messages(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.said.Stop)
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(s.secret), 0o600); err != nil {
		t.Fatal(err)
	}
	s.cfg = fetcher.Config{Forges: []string{kind + "=" + s.forge.URL}, HooksSecret: path}
	return s
}

// start runs a fetcher until stop is called, or the test ends.
func (s *system) start() (stop func()) {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	cfg := s.cfg
	cfg.Common = service.Common{NATSURL: s.url, Log: slog.New(slog.NewTextHandler(s.t.Output(), nil))}
	cfg.HooksListener, s.hooks = ln, "http://"+ln.Addr().String()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan error, 1)
	go func() { done <- fetcher.Run(ctx, cfg) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	}
	s.t.Cleanup(stop)
	return stop
}

func (s *system) publish(e events.Event) {
	s.t.Helper()
	msg, err := stream.Encode("/test", e)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.js.PublishMsg(s.t.Context(), msg); err != nil {
		s.t.Fatal(err)
	}
}

// link publishes a service that links somewhere.
func (s *system) link(id string, version int64, to string) {
	s.t.Helper()
	s.publish(events.ServiceUpdated{Service: events.Service{
		ID: id, Name: id, GitHubURL: to, Tags: []string{}, Interval: "1m", Version: version, Status: events.StatusUnknown,
		StatusSince: noon, CreatedAt: noon, UpdatedAt: noon,
	}})
}

// next returns what is said next.
func (s *system) next() events.ReleasesFound {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	msg, err := s.said.Next(jetstream.NextContext(ctx))
	if err != nil {
		s.t.Fatalf("nothing is said: %v", err)
	}
	if err := msg.Ack(); err != nil {
		s.t.Fatal(err)
	}
	found, err := events.DecodeAs[events.ReleasesFound](msg.Headers(), msg.Data())
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// want checks what is said next.
func (s *system) want(what, id, said string) {
	s.t.Helper()
	got := s.next()
	if got.ServiceID != id || words(got) != said {
		s.t.Errorf("%s: got %s of %s, want %s of %s", what, words(got), got.ServiceID, said, id)
	}
}

func words(found events.ReleasesFound) string {
	list := []string{string(found.Problem)}
	for _, r := range found.Releases {
		list = append(list, r.Tag)
	}
	return strings.TrimSpace(strings.Join(list, " "))
}

// hint sends webhooks until one is taken: a fetcher that starts does not know yet what to do
// with them.
func (s *system) hint(repo string) {
	s.t.Helper()
	for {
		switch got := s.hook(repo); got {
		case http.StatusAccepted:
			return
		case http.StatusServiceUnavailable:
		default:
			s.t.Fatalf("the webhook is answered with %d", got)
		}
	}
}

// hook sends a webhook of GitHub for a repository, and returns the status of its answer.
func (s *system) hook(repo string) int {
	s.t.Helper()
	body := fmt.Sprintf(`{"action":"published","repository":{"html_url":%q}}`, s.forge.URL+"/"+repo)
	mac := hmac.New(sha256.New, []byte(s.secret))
	_, _ = mac.Write([]byte(body))
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.hooks+"/hooks/releases", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

func release(tag string, hours int) forgetest.Release {
	return forgetest.Release{Tag: tag, Published: noon.Add(time.Duration(hours) * time.Hour), Body: "notes of " + tag}
}

func TestReleasesAreSaidAndFollowed(t *testing.T) {
	for _, kind := range []string{"github", "gitlab", "gitea"} {
		t.Run(kind, func(t *testing.T) {
			s := newSystem(t, kind)
			s.forge.Publish("example/billing", release("v1", 0))
			s.link(billing, 1, s.forge.URL+"/example/billing")
			s.start()
			found := s.next()
			if found.ServiceID != billing || found.GitHubURL != s.forge.URL+"/example/billing" || words(found) != "v1" || !found.Complete ||
				time.Since(found.CheckedAt) > time.Minute {
				t.Fatalf("at first: %+v", found)
			}
			s.link(ledger, 1, s.forge.URL+"/Example/Billing.git") // the same, in other letters
			s.want("for a second service", ledger, "v1")
			s.link(ledger, 2, s.forge.URL+"/example/none")
			s.want("of another link", ledger, "not_found")
			s.link(ledger, 3, "https://cvs.example.com/ledger")
			s.want("of no forge", ledger, "unsupported")
			s.link(ledger, 4, "")
			s.forge.Publish("example/billing", release("v2", 1))
			s.link(ledger, 5, s.forge.URL+"/example/billing") // which has it read anew
			s.want("what is new", billing, "v2 v1")
			s.want("for both", ledger, "v2 v1")
			s.publish(events.ServiceDeleted{ID: billing, Name: billing, Version: 2, DeletedAt: noon})
			s.forge.Withdraw("example/billing", "v2")
			s.link(ledger, 6, "")
			s.link(ledger, 7, s.forge.URL+"/example/billing")
			s.want("after the other is gone", ledger, "v1")
		})
	}
}

// A fetcher that starts goes on where another ended: it asks only for what is new, says nothing
// twice, and reads at once what it does not know.
func TestRestartGoesOn(t *testing.T) {
	s := newSystem(t, "github")
	s.forge.Publish("example/billing", release("v1", 0))
	s.forge.Publish("example/ledger", release("w1", 0))
	s.link(billing, 1, s.forge.URL+"/example/billing")
	stop := s.start()
	s.want("at first", billing, "v1")
	stop()
	s.forge.Requests()

	s.link(ledger, 1, s.forge.URL+"/example/ledger")
	stop = s.start()
	s.want("what is new", ledger, "w1")
	s.hint("example/billing")
	var asked []forgetest.Request
	for len(asked) < 2 { // until the hint was followed
		asked = append(asked, s.forge.Requests()...)
		if t.Context().Err() != nil {
			return
		}
	}
	if asked[0].Path != "/api/v3/repos/example/ledger/releases" || asked[0].IfNoneMatch != "" {
		t.Errorf("the first request is %+v", asked[0])
	}
	if asked[1].Path != "/api/v3/repos/example/billing/releases" || asked[1].IfNoneMatch == "" || asked[1].Status != http.StatusNotModified {
		t.Errorf("the second request is %+v", asked[1])
	}
	stop()
	s.forge.Publish("example/billing", release("v2", 1))
	s.start()
	s.hint("example/billing")
	s.want("what came meanwhile", billing, "v2 v1")
}

// However often it is stopped, and wherever, what a forge has is said in the end.
func TestStoppedAnywhere(t *testing.T) {
	s := newSystem(t, "github")
	s.forge.Publish("example/billing", release("v0", 0))
	s.link(billing, 1, s.forge.URL+"/example/billing")
	for i := range 20 {
		stop := s.start()
		if i%2 == 0 {
			s.link(billing, int64(2+i), s.forge.URL+"/example/billing?"+fmt.Sprint(i)) // it is read anew
		}
		time.Sleep(time.Duration(i*3) * time.Millisecond) // not to wait for anything: to stop it at another moment
		stop()
	}
	last := s.forge.URL + "/example/billing"
	s.link(billing, 100, last)
	s.start()
	for found := s.next(); found.GitHubURL != last || words(found) != "v0"; {
		found = s.next()
	}
}

// The broker loses all: what was said is said again to services that come again, and nothing
// hangs.
func TestBrokerWithoutItsData(t *testing.T) {
	s := newSystem(t, "github")
	s.forge.Publish("example/billing", release("v1", 0))
	s.link(billing, 1, s.forge.URL+"/example/billing")
	s.start()
	s.want("at first", billing, "v1")
	for _, name := range []string{events.StreamFetched, events.StreamPortal} {
		if err := s.js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Ensure(t.Context(), s.js, 1); err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.Found(t.Context(), s.js)
	if err != nil {
		t.Fatal(err)
	}
	if s.said, err = consumer.Messages(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.said.Stop)
	s.link(billing, 1, s.forge.URL+"/example/billing")
	s.forge.Publish("example/ledger", release("w1", 0))
	s.link(ledger, 1, s.forge.URL+"/example/ledger")
	s.want("what is new", ledger, "w1")
}

func TestTokensAreSent(t *testing.T) {
	s := newSystem(t, "gitea")
	s.forge.Token = "t0ken"
	s.forge.Publish("example/billing", release("v1", 0))
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("t0ken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.cfg.Tokens = []string{strings.TrimPrefix(s.forge.URL, "http://") + "=" + path}
	s.link(billing, 1, s.forge.URL+"/example/billing")
	s.start()
	s.want("with a token", billing, "v1")
}
