package fetcher_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/fetcher"
)

// countCalls starts a server whose metrics are those of Tempo, and returns its host:port. At each
// look shop has called payments six times more, by two connections, and a user shop once.
func countCalls(t *testing.T) (target string) {
	t.Helper()
	var looks atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := looks.Add(1)
		fmt.Fprintf(w, `# TYPE traces_service_graph_request_total counter
traces_service_graph_request_total{client="shop",server="payments",connection_type=""} %d
traces_service_graph_request_total{client="shop",server="payments",connection_type="messaging_system"} %d
traces_service_graph_request_total{client="user",server="shop",connection_type="virtual_node"} %d
traces_service_graph_request_total{client="shop",server="shop",connection_type=""} %d
traces_service_graph_request_total{client="shop",server="",connection_type=""} %d
traces_service_graph_request_total{client="shop",server="archive",connection_type=""} 4711
# TYPE traces_service_graph_request_failed_total counter
traces_service_graph_request_failed_total{client="shop",server="ledger"} %d
`, 4*n, 2*n, n, n, n, n)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// awaitRates waits until Prometheus has looked twice, so that there are rates.
func awaitRates(t *testing.T, prometheus string) {
	t.Helper()
	query := prometheus + "/api/v1/query?query=" + url.QueryEscape(`rate(traces_service_graph_request_total[5m]) > 0`)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		res, err := http.Get(query)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Data struct{ Result []any }
		}
		err = json.NewDecoder(res.Body).Decode(&answer)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.Data.Result) > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("Prometheus has no rates")
		}
	}
}

// From a real Prometheus the fetcher reads who calls whom and how often, and says it at its start.
func TestCallsOfPrometheus(t *testing.T) {
	prometheus := devtest.Prometheus(t, countCalls(t))
	awaitRates(t, prometheus)
	nats := devtest.NATS(t).URL()
	js := devtest.JetStream(t, nats)
	if err := stream.Ensure(t.Context(), js, 1); err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.Calls(t.Context(), js)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- fetcher.Run(ctx, fetcher.Config{
			Common: service.Common{NATSURL: nats, Log: slog.New(slog.NewTextHandler(t.Output(), nil))},
			Every:  fetcher.Never, CalendarsEvery: fetcher.Never, LinksEvery: fetcher.Never, Prometheus: fetcher.Prometheus{URL: prometheus + "/", TokenFile: write(t, "ignored"), Tenant: "too"},
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	msg, err := consumer.Next(jetstream.FetchMaxWait(20 * time.Second))
	if err != nil {
		t.Fatalf("nothing is said: %v", err)
	}
	found, err := events.DecodeAs[events.CallsFound](msg.Headers(), msg.Data())
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for _, c := range found.Calls {
		pairs = append(pairs, c.Client+" calls "+c.Server)
	}
	if got, want := strings.Join(pairs, ", "), "shop calls payments, user calls shop"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	often, seldom := found.Calls[0].CallsPerMinute, found.Calls[1].CallsPerMinute
	if seldom <= 0 || math.Abs(often/seldom-6) > 1e-6 { // Prometheus looks when it wants to, at all of them at once
		t.Errorf("got %v and %v calls a minute, want 6 times as many", often, seldom)
	}
	if found.Part != 0 || time.Since(found.ReadAt) > time.Minute {
		t.Errorf("got part %d, read at %s", found.Part, found.ReadAt)
	}
}
