package doctor

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
)

// everything has the hops that the doctor checks with all options.
var everything = []string{"DNS", "edge", "tunnel", "Traefik", "web", "catalog-api", "Postgres", "NATS", "streams", "consumers", "workers", "events and results"}

// The faults are in hops before Traefik.
func TestFaultsOfEdgeAndTunnel(t *testing.T) {
	p := start(t)
	dead := deadAddr(t)
	names, front := nameServer(t), p.front(t)
	e := startEdge(t, rule{"portal.doctor.test", front}, rule{"dead.doctor.test", "http://" + dead},
		rule{"", "http_status:404"})
	late := startEdge(t, rule{"portal.doctor.test", front}, rule{"", "http_status:404"}, rule{"late.doctor.test", front})
	other := anotherSite(t)
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer silent.Close()
	stale := startEdge(t, rule{"absent.doctor.test", front}, rule{"", "http_status:404"}) // a configuration file that is not in use
	url := func(host, addr string) []string {
		return []string{"--resolver", names, "--url", "https://" + host + ":" + port(t, addr)}
	}

	healthy(t, examine(t, e.roots, append(url("portal.doctor.test", e.addr), "--tunnel-config", e.config, "--traefik", front,
		"--nats", p.nats.URL(), "--web", "http://"+p.webAddr, "--api", "http://"+p.apiAddr)...), everything...)

	judgeAll(t, e.roots, map[string]fault{
		"the name does not exist":            {url("portal.elsewhere.test", e.addr), "DNS", []string{"portal.elsewhere.test does not exist"}},
		"no DNS server":                      {[]string{"--resolver", muteAddr(t), "--timeout", "100ms", "--url", "https://portal.doctor.test"}, "DNS", []string{"DNS server does not answer"}},
		"nobody listens at the edge":         {url("portal.doctor.test", dead), "edge", []string{"refuses the connection"}},
		"the certificate has expired":        {url("expired.doctor.test", e.addr), "edge", []string{"has expired"}},
		"the certificate is another name's":  {url("other-name.doctor.test", e.addr), "edge", []string{"another name", "somebody.elsewhere.test"}},
		"the certificate is self-signed":     {url("self-signed.doctor.test", e.addr), "edge", []string{"self-signed"}},
		"no TLS":                             {url("portal.doctor.test", other), "edge", []string{"speaks no TLS"}},
		"another program":                    {[]string{"--resolver", names, "--url", "http://portal.doctor.test:" + port(t, other)}, "edge", []string{"no part of the portal"}},
		"a load balancer without servers":    {[]string{"--resolver", names, "--url", "http://portal.doctor.test:" + port(t, silent.Listener.Addr().String())}, "edge", []string{"503", "its upstream does not"}},
		"the edge hangs":                     {[]string{"--resolver", names, "--timeout", "2s", "--url", "http://portal.doctor.test:" + port(t, hangs(t))}, "edge", []string{"accepts the connection, but does not answer"}},
		"no cloudflared":                     {url("disconnected.doctor.test", e.addr), "tunnel", []string{"No cloudflared is connected"}},
		"the tunnel's service is away":       {url("dead.doctor.test", e.addr), "tunnel", []string{"cannot reach its service"}},
		"the tunnel answers 404":             {url("absent.doctor.test", e.addr), "tunnel", []string{"never reached Traefik, whose 404 has a text"}},
		"the host is not in the tunnel":      {append(url("absent.doctor.test", e.addr), "--tunnel-config", e.config), "tunnel", []string{"does not name absent.doctor.test"}},
		"the host is after the catch-all":    {append(url("late.doctor.test", e.addr), "--tunnel-config", late.config), "tunnel", []string{"rule 3", "rule 2 before it matches everything"}},
		"the tunnel runs with an older file": {append(url("absent.doctor.test", e.addr), "--tunnel-config", stale.config), "tunnel", []string{"another configuration than this file"}},
	})
}

// The faults are in Traefik. A browser gets the same 404 for the first five.
func TestFaultsOfTraefik(t *testing.T) {
	p := start(t)
	front, names := startTraefik(t, p), nameServer(t)
	url := func(host string, more ...string) []string {
		return append([]string{"--resolver", names, "--url", "http://" + host + ".doctor.test:" + port(t, front.web)}, more...)
	}
	direct := func(host string, more ...string) []string {
		return url(host, append([]string{"--traefik", "http://" + front.web}, more...)...)
	}
	api := []string{"--traefik-api", front.api}

	healthy(t, examine(t, "", direct("portal", "--traefik-api", front.api, "--nats", p.nats.URL())...),
		"DNS", "edge", "Traefik", "web", "catalog-api", "Postgres", "NATS", "streams", "consumers", "workers", "events and results")

	judgeAll(t, "", map[string]fault{
		"no route, seen from the edge":       {url("nothing"), "Traefik", []string{"none at all, or one that was dropped, or one with a tls block"}},
		"no route":                           {direct("nothing"), "Traefik", []string{"has no router for this host"}},
		"no route, by the API":               {direct("nothing", api...), "Traefik", []string{"None of Traefik's routers has this host"}},
		"a missing resolver":                 {direct("resolver"), "Traefik", []string{"404", "but one by TLS", "certResolver"}},
		"a missing resolver, by the API":     {direct("resolver", api...), "Traefik", []string{"tls.certResolver letsencrypt"}},
		"a missing resolver, by TLS":         {url("resolver", "--traefik", "https://"+front.web), "Traefik", []string{"no valid certificate", "certResolver"}},
		"a missing middleware":               {direct("dropped", api...), "Traefik", []string{"dropped the router dropped@file", "nowhere@file"}},
		"another entry point":                {direct("elsewhere", api...), "Traefik", []string{"entry points websecure"}},
		"StripPrefix on /api":                {direct("strip"), "Traefik", []string{"StripPrefix"}},
		"no route for /api":                  {direct("only-page"), "Traefik", []string{"404 to /api"}},
		"no route for the page":              {direct("only-api"), "Traefik", []string{"404 to the page"}},
		"web has /api too":                   {direct("all-to-web"), "Traefik", []string{"sends /api to web"}},
		"a name that is not the portal's":    {direct("unnamed"), "catalog-api", []string{"does not answer to the name unnamed.doctor.test", "PORTAL_HOSTS"}},
		"catalog-api has no server":          {direct("no-server"), "catalog-api", []string{"no available server"}},
		"catalog-api is elsewhere":           {direct("wrong-port", "--api", "http://"+p.apiAddr), "catalog-api", []string{"the way between the two is broken"}},
		"Traefik is away":                    {url("portal", "--traefik", "http://"+deadAddr(t)), "Traefik", []string{"Traefik is not running"}},
		"something else in place of Traefik": {url("portal", "--traefik", "http://"+anotherSite(t)), "Traefik", []string{"neither from Traefik"}},
	})

	t.Run("the resolver is not the tunnel", func(t *testing.T) {
		e := startEdge(t, rule{"resolver.doctor.test", "http://" + front.web}, rule{"", "http_status:404"})
		via := func(host string) []string {
			return []string{"--resolver", names, "--url", "https://" + host + ".doctor.test:" + port(t, e.addr), "--traefik", "http://" + front.web}
		}
		dropped := fault{via("resolver"), "Traefik", []string{"tls block"}}.judge(t, e.roots)
		absent := fault{via("absent"), "tunnel", []string{"not in the tunnel's ingress"}}.judge(t, e.roots)
		for _, f := range []finding{dropped, absent} {
			if !strings.Contains(f.What, "404") {
				t.Errorf("both are a 404 to a browser: %s", f.What)
			}
		}
	})
	t.Run("a loop of redirections", func(t *testing.T) {
		e := startEdgeAt(t, front.loop, rule{"loop.doctor.test", "http://" + front.web})
		fault{[]string{"--resolver", names, "--url", "https://loop.doctor.test:" + port(t, e.addr)}, "edge", []string{"redirects to itself in a loop"}}.judge(t, e.roots)
	})
	t.Run("a loop of redirections behind a login", func(t *testing.T) {
		e := startEdgeAt(t, front.loop, rule{"loop.doctor.test", login})
		args := []string{"--resolver", names, "--url", "https://loop.doctor.test:" + port(t, e.addr), "--traefik", "http://" + front.web}
		fault{args, "Traefik", []string{"sends plain HTTP on to https"}}.judge(t, e.roots)
	})
}

// A part behind Traefik is stopped. Each test restarts it.
func TestStoppedPartIsNamed(t *testing.T) {
	p := start(t)
	p.addService(t) // without a service, workers are not needed
	front := p.front(t)
	args := []string{"--resolver", nameServer(t), "--url", strings.Replace(front, "127.0.0.1", "portal.doctor.test", 1)}
	inNATS := append(args, "--nats", p.nats.URL())
	for _, tc := range []struct {
		name        string
		stop, start func() error
		faults      map[string]fault
	}{
		{"web", p.stopWeb, p.startWeb, map[string]fault{
			"through Traefik": {args, "web", []string{"gets no answer from it", "web does not run"}},
			"by itself":       {append(args, "--web", "http://"+p.webAddr), "web", []string{"web at " + p.webAddr, "refused"}},
		}},
		{"catalog-api", func() error { return stop(p.api) }, p.startAPI, map[string]fault{
			"through Traefik": {args, "catalog-api", []string{"502", "catalog-api does not run"}},
		}},
		{"Postgres", p.stopPostgres, p.startPostgres, map[string]fault{
			"by catalog-api's word": {args, "Postgres", []string{"nothing can be read or changed"}},
		}},
		{"NATS", p.stopNATS, p.startNATS, map[string]fault{
			"by catalog-api's word": {args, "NATS", []string{"catalog-api is not connected", "--nats tells more"}},
			"by itself":             {inNATS, "NATS", []string{"the connection is refused"}},
		}},
		{"workers", func() error { return stop(p.worker) }, p.startWorker, map[string]fault{
			"by catalog-api's word": {args, "workers", []string{"No health-worker answers", "Start a health-worker"}},
			"by asking for workers": {inNATS, "workers", []string{"no health-worker answers on NATS"}},
		}},
		{"streams", func() error { return p.squat(t) }, func() error { return p.jetstream(t).DeleteStream(t.Context(), squatter) }, map[string]fault{
			"by catalog-api's word": {args, "streams", []string{"catalog-api says", "RESULTS"}},
			"by asking":             {inNATS, "streams", []string{"1 stream is not there: RESULTS"}},
		}},
		{"consumers", func() error { return p.crowd(t) }, func() error { return p.jetstream(t).DeleteStream(t.Context(), events.StreamResults) }, map[string]fault{
			"by catalog-api's word": {args, "consumers", []string{"catalog-api says", "ingest"}},
			"by asking":             {inNATS, "consumers", []string{"1 consumer is not there: ingest", "catalog-api makes ingest"}},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.stop(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := tc.start(); err != nil {
					t.Fatal(err)
				}
				if err := poll("all is well again", func() bool { return examine(t, "", inNATS...).Broken == "" }); err != nil {
					t.Error(err)
				}
			}()
			if err := awaitNotice(t, args, tc.name); err != nil {
				t.Error(err)
			}
			for name, f := range tc.faults {
				t.Run(name, func(t *testing.T) { f.judge(t, "") })
			}
		})
	}
}

// awaitNotice waits until catalog-api has noticed the lost part. It checks every few
// seconds, and some parts twice.
func awaitNotice(t *testing.T, args []string, part string) error {
	return poll("catalog-api misses "+part, func() bool { return examine(t, "", args...).Broken == part })
}

const squatter = "SQUATTER"

// squat replaces the stream RESULTS with another stream that has its subjects, so that the
// services, which create missing streams by themselves, cannot.
func (p *portal) squat(t *testing.T) error {
	js := p.jetstream(t)
	return poll("RESULTS cannot be made", func() bool {
		_ = js.DeleteStream(t.Context(), events.StreamResults) // it may have gone already
		_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: squatter, Subjects: []string{events.AllResults}})
		return err == nil
	})
}

// crowd replaces the stream RESULTS with one that allows only one consumer.
func (p *portal) crowd(t *testing.T) error {
	js := p.jetstream(t)
	return poll("ingest cannot be made", func() bool {
		_ = js.DeleteStream(t.Context(), events.StreamResults) // it may have gone already
		stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: events.StreamResults, Subjects: []string{events.AllResults}, MaxConsumers: 1})
		if err != nil {
			return false
		}
		_, err = stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "stranger"})
		return err == nil
	})
}

func (p *portal) jetstream(t *testing.T) jetstream.JetStream {
	t.Helper()
	return devtest.JetStream(t, p.nats.URL())
}

// anotherSite returns the address of a server that is not part of the portal.
func anotherSite(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "It works!") // the client may be gone
	}))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

// hangs returns the address of a server that accepts connections, and never answers.
func hangs(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return ln.Addr().String()
}

// muteAddr returns the address of a DNS server that never answers.
func muteAddr(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String()
}

// deadAddr returns an address that refuses connections. It is reserved until the test
// ends, so that no other program can listen there.
func deadAddr(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
}
