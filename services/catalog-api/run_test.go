package catalogapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/service"
	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/storetest"
)

func TestMain(m *testing.M) { os.Exit(devtest.Main(m)) }

// waitTimeout is for what takes seconds, on a busy machine.
const waitTimeout = time.Minute

// portal is a running catalog-api.
type portal struct {
	t            *testing.T
	url, metrics string
	database     string
}

// start runs catalog-api with a database of its own until the test ends.
func start(t *testing.T, nats string) *portal {
	t.Helper()
	return startReplica(t, nats, storetest.Database(t))
}

func startReplica(t *testing.T, nats, database string) *portal {
	t.Helper()
	p := &portal{t: t, database: database}
	cfg := catalogapi.Config{
		Common:      service.Common{NATSURL: nats, MetricsListener: listen(t), Log: slog.New(slog.NewTextHandler(t.Output(), nil))},
		DatabaseURL: p.database, Listener: listen(t),
	}
	p.url, p.metrics = "http://"+cfg.Listener.Addr().String(), "http://"+cfg.MetricsListener.Addr().String()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- catalogapi.Run(ctx, cfg) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return p
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// call sends a request and returns the status and the body.
func (p *portal) call(method, url, body string) (status int, answer string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), waitTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error() // not started yet
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

// health is the answer of /api/health.
type health struct {
	Status   string
	Postgres struct{ Status, Detail string }
	NATS     struct{ Status, Detail string }
}

// await waits until wanted accepts the answer of /api/health.
func (p *portal) await(what string, wanted func(code int, h health) bool) {
	p.t.Helper()
	eventually(p.t, what, func() (bool, string) {
		code, body := p.call("GET", p.url+"/api/health", "")
		var h health
		_ = json.Unmarshal([]byte(body), &h) // if the answer is not JSON, h stays empty
		return wanted(code, h), body
	})
}

// eventually calls ask until it returns true.
func eventually(t *testing.T, what string, ask func() (yes bool, note string)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitTimeout)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		yes, note := ask()
		if yes {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not %s after %s: %s", what, waitTimeout, note)
		}
	}
}

func TestReconnectAfterRefusedLogins(t *testing.T) {
	nats := devtest.GuardedNATS(t, "right")
	p := start(t, nats.URL("right"))
	p.await("connected", func(_ int, h health) bool { return h.NATS.Status == "ok" })
	nats.Change("wrong")
	before := nats.Refused()
	eventually(t, "refused again and again", func() (bool, string) { return nats.Refused() >= before+5, "" })
	p.await("degraded", func(code int, h health) bool { return code == 503 && h.NATS.Status == "unavailable" })
	for _, path := range []string{"/livez", "/readyz"} {
		if code, body := p.call("GET", p.metrics+path, ""); code != http.StatusOK {
			t.Errorf("%s says %d %s, but the catalogue works, and a restart cures nothing", path, code, body)
		}
	}
	code, trail := p.call("GET", p.url+"/api/audit?kind=settings", "")
	if code != http.StatusOK || !strings.Contains(trail, `{"field":"PORTAL_ANONYMOUS","before":null,"after":"admin"}`) || strings.Contains(trail, "postgres:") {
		t.Errorf("of the settings the trail has %d %s", code, trail)
	}
	if code, body := p.call("POST", p.url+"/api/services", `{"name":"billing"}`); code != http.StatusCreated {
		t.Errorf("a write is answered %d %s", code, body)
	}
	nats.Change("right")
	p.await("connected again", func(_ int, h health) bool { return h.NATS.Status == "ok" })
}
