package standalone_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/services/fetcher"
)

// A need that traces show goes the whole way: from a real Prometheus, by the fetcher, NATS and
// catalog-api, to those who read the API.
func TestNeedThatPrometheusHas(t *testing.T) {
	var looks atomic.Int64
	tempo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := looks.Add(1)
		fmt.Fprintf(w, "traces_service_graph_request_total{client=%q,server=%q} %d\n", "web-shop", "payments_db", 3*n)
		fmt.Fprintf(w, "traces_service_graph_request_total{client=%q,server=%q} %d\n", "user", "web-shop", n)
	}))
	t.Cleanup(tempo.Close)
	prometheus := devtest.Prometheus(t, tempo.Listener.Addr().String())

	cfg := config(t)
	portal := start(t, cfg)
	shop := call(t, "POST", portal.at.API+"/services", `{"name":"Web Shop"}`, http.StatusCreated)["id"].(string)
	call(t, "POST", portal.at.API+"/services", `{"name":"Payments DB"}`, http.StatusCreated)
	portal.stop()
	for n := looks.Load(); looks.Load() < n+3; { // so that there are rates
		time.Sleep(20 * time.Millisecond)
	}

	cfg.Prometheus = fetcher.Prometheus{URL: prometheus} // it is read at the start
	portal = start(t, cfg)
	var calls []any
	for deadline := time.Now().Add(60 * time.Second); len(calls) == 0; time.Sleep(20 * time.Millisecond) {
		calls, _ = call(t, "GET", portal.at.API+"/services/"+shop+"/dependencies", "", http.StatusOK)["calls"].([]any)
		if time.Now().After(deadline) {
			t.Fatal("the service calls nobody")
		}
	}
	if first := fmt.Sprint(calls[0]); len(calls) != 1 || calls[0].(map[string]any)["name"] != "Payments DB" {
		t.Errorf("it calls %s and %d more, want the database alone", first, len(calls)-1)
	}
}
