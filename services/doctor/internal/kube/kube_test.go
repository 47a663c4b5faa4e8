package kube

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// answers are the outputs of kubectl by resource. Traefik's own pods are "traefik", and
// their log is "logs".
type answers map[string]string

// fakeKubectl puts a fake kubectl first in PATH. It gives the known answers, and fails
// for other resources as the real one does.
func fakeKubectl(t *testing.T, known answers) {
	t.Helper()
	dir := t.TempDir()
	program := `#!/bin/sh
what=$2
case "$*" in
logs*--namespace=traefik*) what=logs ;;
*app.kubernetes.io/name=traefik*) what=traefik ;;
esac
[ -f "` + dir + `/$what" ] && exec cat "` + dir + `/$what"
echo 'E1122 23:00:00 1 memcache.go:265] "Unhandled Error" err="couldn'"'"'t get current server API group list"' >&2
echo "error: the server doesn't have a resource type \"$what\"" >&2
exit 1
`
	write(t, filepath.Join(dir, "kubectl"), program, 0o755)
	for what, text := range known {
		write(t, filepath.Join(dir, what), text, 0o644)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func items(all ...string) string { return `{"items":[` + strings.Join(all, ",") + `]}` }

// podOf returns a pod of a component with the fields of its status.
func podOf(component, status string) string {
	return fmt.Sprintf(`{"metadata":{"name":"portal-%[1]s-0","labels":{"app.kubernetes.io/component":%[1]q}},"status":{%[2]s}}`, component, status)
}

const (
	isReady  = `"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"ready":true,"state":{"running":{}}}]`
	unready  = `"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"state":{"running":{}}}]`
	crashing = `"phase":"Running","conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[{"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]`
	finished = `"phase":"Succeeded","containerStatuses":[{"state":{"terminated":{"reason":"Completed"}}}]`
	nodeless = `"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","message":"0/3 nodes are available"}]`
)

func TestPods(t *testing.T) {
	web, api, worker := podOf("web", isReady), podOf("catalog-api", isReady), podOf("health-worker", isReady)
	for name, tc := range map[string]struct {
		known answers
		state finding.State
		says  string
	}{
		"all are ready":                        {answers{"pods": items(web, api, worker, podOf("nats", isReady))}, finding.OK, "catalog-api, health-worker, nats, web"},
		"a second pod is not ready":            {answers{"pods": items(web, podOf("web", crashing), api, worker)}, finding.OK, ""},
		"the test of the chart has run":        {answers{"pods": items(web, api, worker, podOf("test", finished))}, finding.OK, ""},
		"a component has no pod":               {answers{"pods": items(web, api)}, finding.Broken, "health-worker: there is no pod"},
		"a pod crashes":                        {answers{"pods": items(web, podOf("catalog-api", crashing), worker)}, finding.Broken, "catalog-api: portal-catalog-api-0 waits: CrashLoopBackOff"},
		"a pod is not ready":                   {answers{"pods": items(podOf("web", unready), api, worker)}, finding.Broken, "web: portal-web-0 is Running, but not ready"},
		"a pod has no node":                    {answers{"pods": items(web, api, worker, podOf("postgresql", nodeless))}, finding.Broken, "postgresql: portal-postgresql-0 has no node: 0/3 nodes"},
		"nothing is there":                     {answers{"pods": items()}, finding.Broken, "catalog-api, health-worker, web, in namespace portal"},
		"kubectl refuses":                      {answers{}, finding.Skipped, `could not get the pods: error: the server doesn't have a resource type "pods"`},
		"kubectl says something else entirely": {answers{"pods": "hello"}, finding.Skipped, "could not get the pods"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeKubectl(t, tc.known)
			judge(t, CheckPods, tc.state, tc.says)
		})
	}
}

// route is an IngressRoute with a rule for a host.
func route(rule, more string) string {
	return fmt.Sprintf(`{"metadata":{"name":"portal","namespace":"portal"},"spec":{"routes":[{"match":%q}]%s}}`, rule, more)
}

func traefikPod(container string) string {
	return `{"metadata":{"name":"traefik-0","namespace":"traefik"},"spec":{"containers":[` + container + `]}}`
}

func TestIngressRoutes(t *testing.T) {
	const routes, withACME = "ingressroutes.traefik.io", `,"tls":{"certResolver":"letsEncrypt"}`
	const host = "Host(`portal.example.com`)"
	page, api := route(host+" && !PathPrefix(`/api`)", ""), route(host+" && PathPrefix(`/api`)", "")
	secure := items(route(host+" && !PathPrefix(`/api`)", withACME), api)
	complaint := "ERR Router uses a nonexistent certificate resolver certificateResolver=letsEncrypt routerName=portal"
	for name, tc := range map[string]struct {
		known answers
		state finding.State
		says  string
	}{
		"both":                          {answers{routes: items(page, api)}, finding.OK, "without TLS"},
		"both, with double quotes":      {answers{routes: items(route(`Host("portal.example.com")`, ""), route(`Host("portal.example.com") && PathPrefix("/api")`, ""))}, finding.OK, ""},
		"both, with a certificate":      {answers{routes: items(page, route(host+" && PathPrefix(`/api`)", `,"tls":{"secretName":"portal"}`))}, finding.OK, "with TLS"},
		"only the page":                 {answers{routes: items(page)}, finding.Broken, "only the page"},
		"only the API":                  {answers{routes: items(api)}, finding.Broken, "only the API"},
		"another host":                  {answers{routes: items(route("Host(`my-portal.example.com`)", ""))}, finding.Broken, "no IngressRoute names portal.example.com"},
		"an Ingress instead":            {answers{routes: items(), "ingresses.networking.k8s.io": items(`{"spec":{"rules":[{"host":"portal.example.com"}]}}`)}, finding.Skipped, "ingresses.networking.k8s.io does"},
		"an Ingress of another host":    {answers{routes: items(), "ingresses.networking.k8s.io": items(`{"spec":{"rules":[{"host":"example.com"}]}}`)}, finding.Broken, "no IngressRoute"},
		"an HTTPRoute instead":          {answers{routes: items(), "httproutes.gateway.networking.k8s.io": items(`{"spec":{"hostnames":["portal.example.com"]}}`)}, finding.Skipped, "httproutes"},
		"kubectl refuses":               {answers{}, finding.Skipped, "could not get the IngressRoutes: error: the server doesn't have"},
		"a resolver that is not there":  {answers{routes: secure, "traefik": items(traefikPod(`{"args":["--certificatesresolvers.other.acme.email=a@example.com"]}`))}, finding.Broken, "portal/portal names the certResolver letsEncrypt, which Traefik does not have"},
		"a resolver by argument":        {answers{routes: secure, "traefik": items(traefikPod(`{"args":["--certificatesResolvers.letsencrypt.acme.tlsChallenge"]}`))}, finding.OK, "with TLS"},
		"a resolver by variable":        {answers{routes: secure, "traefik": items(traefikPod(`{"env":[{"name":"TRAEFIK_CERTIFICATESRESOLVERS_LETSENCRYPT_ACME_EMAIL"}]}`))}, finding.OK, "with TLS"},
		"a resolver maybe in a file":    {answers{routes: secure, "traefik": items(traefikPod(`{"args":["--configFile=/etc/traefik.yml"]}`)), "logs": "all is well"}, finding.OK, "with TLS"},
		"a resolver in no file either":  {answers{routes: secure, "traefik": items(traefikPod(`{"args":["--configFile=/etc/traefik.yml"]}`)), "logs": complaint}, finding.Broken, "letsEncrypt"},
		"a Traefik that cannot be seen": {answers{routes: secure, "traefik": items()}, finding.OK, "with TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			fakeKubectl(t, tc.known)
			judge(t, CheckRoutes, tc.state, tc.says)
		})
	}
}

func TestKubectlTimesOut(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "kubectl"), "#!/bin/sh\nexec sleep 600\n", 0o755)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	p := portalOf(t)
	p.Timeout = 10 * time.Millisecond
	if f := CheckPods(t.Context(), p); f.State != finding.Skipped || !strings.Contains(f.What, "no answer came in time") {
		t.Errorf("got %+v", f)
	}
}

func portalOf(t *testing.T) *ask.Portal {
	t.Helper()
	u, err := url.Parse("https://portal.example.com")
	if err != nil {
		t.Fatal(err)
	}
	return &ask.Portal{Options: ask.Options{URL: u, Namespace: "portal", Timeout: time.Minute}}
}

func judge(t *testing.T, check func(context.Context, *ask.Portal) finding.Finding, state finding.State, says string) {
	t.Helper()
	f := check(t.Context(), portalOf(t))
	if all := f.What + " " + f.Why; f.State != state || !strings.Contains(all, says) {
		t.Errorf("got %s: %s, want %s: … %s …", f.State, all, state, says)
	}
	if f.State == finding.Broken && (f.Why == "" || f.Fix == "") {
		t.Errorf("no why or no fix: %+v", f)
	}
}
