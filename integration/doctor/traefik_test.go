package doctor

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
)

// traefik is a real Traefik. Each host of doctor.test is a separate site, whose routes are
// correct or have one fault.
type traefik struct {
	container testcontainers.Container
	web       string // the address of the entry point, which takes plain HTTP and TLS
	api       string // a URL
	loop      string // the address that the router loop redirects to: the edge must listen there
}

// routes is Traefik's configuration. WEB and API are the portal's parts, DEAD is an address
// where nothing listens.
const routes = `http:
  routers:
    portal-page: {entryPoints: [web], rule: "Host(@portal.doctor.test@) && !PathPrefix(@/api@)", service: web}
    portal-api: {entryPoints: [web], rule: "Host(@portal.doctor.test@) && PathPrefix(@/api@)", service: api}

    # The resolver is configured nowhere.
    resolver-page: {entryPoints: [web], rule: "Host(@resolver.doctor.test@) && !PathPrefix(@/api@)", service: web, tls: {certResolver: letsencrypt}}
    resolver-api: {entryPoints: [web], rule: "Host(@resolver.doctor.test@) && PathPrefix(@/api@)", service: api, tls: {certResolver: letsencrypt}}

    dropped: {entryPoints: [web], rule: "Host(@dropped.doctor.test@)", service: web, middlewares: [nowhere]}
    elsewhere: {entryPoints: [websecure], rule: "Host(@elsewhere.doctor.test@)", service: web}

    strip-page: {entryPoints: [web], rule: "Host(@strip.doctor.test@) && !PathPrefix(@/api@)", service: web}
    strip-api: {entryPoints: [web], rule: "Host(@strip.doctor.test@) && PathPrefix(@/api@)", service: api, middlewares: [strip]}

    only-page: {entryPoints: [web], rule: "Host(@only-page.doctor.test@) && !PathPrefix(@/api@)", service: web}
    only-api: {entryPoints: [web], rule: "Host(@only-api.doctor.test@) && PathPrefix(@/api@)", service: api}
    all-to-web: {entryPoints: [web], rule: "Host(@all-to-web.doctor.test@)", service: web}
    unnamed-page: {entryPoints: [web], rule: "Host(@unnamed.doctor.test@) && !PathPrefix(@/api@)", service: web}
    unnamed-api: {entryPoints: [web], rule: "Host(@unnamed.doctor.test@) && PathPrefix(@/api@)", service: api}
    loop: {entryPoints: [web], rule: "Host(@loop.doctor.test@)", service: web, middlewares: [tls]}

    no-server-page: {entryPoints: [web], rule: "Host(@no-server.doctor.test@) && !PathPrefix(@/api@)", service: web}
    no-server-api: {entryPoints: [web], rule: "Host(@no-server.doctor.test@) && PathPrefix(@/api@)", service: none}
    wrong-port-page: {entryPoints: [web], rule: "Host(@wrong-port.doctor.test@) && !PathPrefix(@/api@)", service: web}
    wrong-port-api: {entryPoints: [web], rule: "Host(@wrong-port.doctor.test@) && PathPrefix(@/api@)", service: dead}
  middlewares:
    strip: {stripPrefix: {prefixes: [/api]}}
    tls: {redirectScheme: {scheme: https, port: "LOOP"}}
  services:
    web: {loadBalancer: {servers: [{url: "http://WEB"}]}}
    api: {loadBalancer: {servers: [{url: "http://API"}]}}
    dead: {loadBalancer: {servers: [{url: "http://DEAD"}]}}
    none: {loadBalancer: {servers: []}}
`

// startTraefik starts a Traefik before the portal, or skips the test if it can't. The tests
// share it.
func startTraefik(t *testing.T, p *portal) *traefik {
	t.Helper()
	if !containers {
		t.Skip("needs Traefik, and so a Docker engine: PORTAL_TEST_STACK=docker insists on one")
	}
	if p.traefik == nil {
		p.traefik = &traefik{}
		if err := p.traefik.open(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	return p.traefik
}

func (x *traefik) open(ctx context.Context, p *portal) (err error) {
	var web, tls, api, dead string
	for _, addr := range []*string{&web, &tls, &api, &dead, &x.loop} {
		if *addr, err = devtest.FreeAddr(); err != nil {
			return err
		}
	}
	_, loop, err := net.SplitHostPort(x.loop)
	if err != nil {
		return err
	}
	file := strings.NewReplacer("@", "`", "WEB", p.webAddr, "API", p.apiAddr, "DEAD", dead, "LOOP", loop).Replace(routes)
	x.container, err = testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{Started: true, ContainerRequest: testcontainers.ContainerRequest{
		Image: traefikImage,
		Cmd: []string{
			"--entrypoints.web.address=" + web, "--entrypoints.websecure.address=" + tls, "--entrypoints.traefik.address=" + api,
			"--providers.file.filename=/routes.yml", "--api.insecure=true", "--global.checknewversion=false",
		},
		Files: []testcontainers.ContainerFile{{Reader: strings.NewReader(file), ContainerFilePath: "/routes.yml", FileMode: 0o644}},
		// It uses the host's network, because the portal listens on the loopback interface.
		HostConfigModifier: func(hc *container.HostConfig) { hc.NetworkMode = "host" },
		WaitingFor:         wait.ForLog("Router uses a nonexistent certificate resolver"),
	}})
	if err != nil {
		return fmt.Errorf("start %s: %w", traefikImage, err)
	}
	x.web, x.api = web, "http://"+api
	return await("Traefik has read its routes", x.api+"/api/http/routers/portal-page@file")
}

func (x *traefik) close() error {
	if x == nil {
		return nil
	}
	return testcontainers.TerminateContainer(x.container)
}

// front returns the URL of the proxy before web and catalog-api: Traefik, or without it a
// proxy with the same two routes and the same error texts.
func (p *portal) front(t *testing.T) string {
	t.Helper()
	if containers {
		return "http://" + startTraefik(t, p).web
	}
	web, api := proxy("http://"+p.webAddr, "Bad Gateway"), proxy("http://"+p.apiAddr, "Bad Gateway")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch host, _, _ := net.SplitHostPort(r.Host); {
		case host != "portal.doctor.test":
			http.NotFound(w, r)
		case strings.HasPrefix(r.URL.Path, "/api"):
			api.ServeHTTP(w, r)
		default:
			web.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// proxy forwards to a server, or answers 502 with the text away if the server is down.
func proxy(server, away string) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			target, _ := url.Parse(server) // the test wrote it
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, away) // the client may be gone
		},
	}
}

// port returns the port of an address.
func port(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
