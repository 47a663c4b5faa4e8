package service_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/service"
)

// listening starts a service that replies with 200 at /readyz only.
func listening(t *testing.T) (host, port string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	host, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

func TestAskListenAddresses(t *testing.T) {
	host, port := listening(t)
	for name, listen := range map[string]string{
		"a port alone":             ":" + port,
		"every interface":          "0.0.0.0:" + port,
		"every interface, by IPv6": "[::]:" + port,
		"one address":              host + ":" + port,
		"a name":                   "localhost:" + port,
	} {
		if err := service.Ask(t.Context(), listen, "/readyz"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAskErrors(t *testing.T) {
	_, port := listening(t)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx                context.Context
		listen, path, want string
	}{
		"not ready":       {t.Context(), ":" + port, "/other", "not ready: 503 Service Unavailable: the database does not answer"},
		"no address":      {t.Context(), "", "/readyz", `nobody can be asked at ""`},
		"nobody there":    {t.Context(), "127.0.0.1:1", "/readyz", "connection refused"},
		"asked no longer": {stopped, ":" + port, "/readyz", "context canceled"},
	} {
		if err := service.Ask(test.ctx, test.listen, test.path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
