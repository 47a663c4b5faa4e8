package doctor

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	natsrules "github.com/dev-portal/dev-portal/deploy/nats"
	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"

	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// nowhere is a portal that refuses connections, so that only NATS is examined.
const nowhere = "http://127.0.0.1:1"

const password = "s3cret-of-the-test"

// startNATS starts NATS with the configuration that deployments have.
func startNATS(t *testing.T) *server.Server {
	t.Helper()
	for _, name := range natsrules.PasswordVariables() {
		t.Setenv(name, password)
	}
	opts, err := server.ProcessConfigFile("../../deploy/nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	opts.Host, opts.Port, opts.HTTPPort, opts.StoreDir, opts.NoSigs = "127.0.0.1", server.RANDOM_PORT, 0, t.TempDir(), true
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatal("NATS is not ready")
	}
	return srv
}

func as(srv *server.Server, user, password string) string {
	return "nats://" + user + ":" + password + "@" + srv.Addr().String()
}

// examined runs the command, and checks that its output has no password.
func examined(t *testing.T, args ...string) (r report) {
	t.Helper()
	var out, stderr bytes.Buffer
	Command{Out: &out, Err: &stderr}.Run(t.Context(), append(args, "--json"))
	if all := out.String() + stderr.String(); strings.Contains(all, password) {
		t.Errorf("the password is in the output: %s", all)
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s%s", err, out.String(), stderr.String())
	}
	return r
}

func (r report) want(t *testing.T, hop string, state finding.State, says string) {
	t.Helper()
	for _, f := range r.Hops {
		if f.Hop != hop {
			continue
		}
		if all := f.What + " " + f.Why; f.State != state || !strings.Contains(all, says) {
			t.Errorf("%s: got %s: %s, want %s: … %s …", hop, f.State, all, state, says)
		}
		return
	}
	t.Errorf("%s was not looked at", hop)
}

func awaitPending(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	for {
		c, err := js.Consumer(t.Context(), events.StreamResults, "ingest")
		if err != nil {
			t.Fatal(err)
		}
		if c.CachedInfo().NumPending > 0 {
			return
		}
	}
}

func TestNATSWithEachUser(t *testing.T) {
	srv := startNATS(t)
	api := devtest.JetStream(t, as(srv, "catalog-api", password))
	worker := devtest.JetStream(t, as(srv, "health-worker", password))

	t.Run("without a stream", func(t *testing.T) {
		r := examined(t, "--url", nowhere, "--nats", as(srv, "catalog-api", password))
		r.want(t, "NATS", finding.OK, "NATS 2.")
		r.want(t, "streams", finding.Broken, "4 streams are not there: PORTAL, PROBES, RESULTS, FETCHED")
		r.want(t, "consumers", finding.Broken, "6 consumers are not there: planner, probers, ingest, releases, shifts, calls")
		r.want(t, "workers", finding.Broken, "no health-worker answers")
	})
	if err := stream.Ensure(t.Context(), api, 1); err != nil {
		t.Fatal(err)
	}
	t.Run("without the workers' consumers", func(t *testing.T) {
		if _, err := stream.Ingest(t.Context(), api); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Found(t.Context(), api); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Shifts(t.Context(), api); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Calls(t.Context(), api); err != nil {
			t.Fatal(err)
		}
		r := examined(t, "--url", nowhere, "--nats", as(srv, "catalog-api", password))
		r.want(t, "streams", finding.OK, "PORTAL, PROBES, RESULTS and FETCHED")
		r.want(t, "consumers", finding.Broken, "2 consumers are not there: planner, probers")
	})
	if _, err := stream.Planner(t.Context(), worker); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Probers(t.Context(), worker, "far-away"); err != nil {
		t.Fatal(err)
	}
	t.Run("as catalog-api", func(t *testing.T) {
		r := examined(t, "--url", nowhere, "--nats", as(srv, "catalog-api", password))
		r.want(t, "streams", finding.OK, "PORTAL, PROBES, RESULTS and FETCHED")
		r.want(t, "consumers", finding.OK, "ingest, releases, shifts, calls, planner and probers")
		r.want(t, "workers", finding.Broken, "no health-worker answers")
	})
	t.Run("as somebody who may only read", func(t *testing.T) {
		r := examined(t, "--url", nowhere, "--nats", as(srv, "subscriber", password))
		r.want(t, "NATS", finding.OK, "NATS 2.")
		r.want(t, "streams", finding.Skipped, "the user in --nats lacks the permission")
		r.want(t, "consumers", finding.Skipped, "the user in --nats lacks the permission")
		r.want(t, "workers", finding.Skipped, "the user in --nats lacks the permission")
	})
	t.Run("with another password", func(t *testing.T) {
		r := examined(t, "--url", nowhere, "--nats", as(srv, "catalog-api", password+"-of-old"))
		r.want(t, "NATS", finding.Broken, "does not let this user in")
		r.want(t, "streams", finding.Skipped, "and NATS neither")
	})
	t.Run("with results that nobody reads", func(t *testing.T) {
		if _, err := worker.Publish(t.Context(), events.ResultSubject("1"), nil); err != nil {
			t.Fatal(err)
		}
		awaitPending(t, api) // the server counts it after it has acknowledged it
		r := examined(t, "--url", nowhere, "--nats", as(srv, "catalog-api", password))
		r.want(t, "consumers", finding.Broken, "results wait in RESULTS, and nobody reads them (1)")
	})
	url := as(srv, "catalog-api", password)
	srv.Shutdown()
	t.Run("when it is away", func(t *testing.T) {
		examined(t, "--url", nowhere, "--nats", url).want(t, "NATS", finding.Broken, "refused")
	})
}
