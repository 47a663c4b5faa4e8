package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// kubectl asks the cluster that kubectl is set to, and reads the JSON into out.
func (p *patient) kubectl(ctx context.Context, out any, args ...string) error {
	text, err := p.kubectlText(ctx, append(args, "--output=json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, out)
}

func (p *patient) kubectlText(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*p.Timeout)
	defer cancel()
	text, err := exec.CommandContext(ctx, "kubectl", args...).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		if line, _, _ := strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n"); line != "" {
			return nil, errors.New(line)
		}
	}
	return text, err
}

type metadata struct {
	Name      string
	Namespace string
	Labels    map[string]string
}

// pod is what is read of one.
type pod struct {
	Metadata metadata
	Spec     struct{ Containers []container }
	Status   struct {
		Phase             string
		Conditions        []condition
		ContainerStatuses []struct {
			Ready bool
			State struct{ Waiting, Terminated *struct{ Reason string } }
		}
	}
}

type container struct {
	Args []string
	Env  []struct{ Name string }
}

type condition struct{ Type, Status, Reason, Message string }

const componentLabel = "app.kubernetes.io/component"

// checkPods looks whether each component has a pod that is ready.
func checkPods(ctx context.Context, p *patient) Finding {
	var list struct{ Items []pod }
	if err := p.kubectl(ctx, &list, "get", "pods", "--namespace="+p.Namespace, "--selector=app.kubernetes.io/name=dev-portal"); err != nil {
		return skipped("kubectl could not get the pods: %s", err)
	}
	why := map[string]string{} // of the components without a ready pod
	for _, component := range []string{"web", "catalog-api", "health-worker"} {
		why[component] = "there is no pod"
	}
	ready := map[string]bool{}
	for _, pod := range list.Items {
		component := pod.Metadata.Labels[componentLabel]
		if component == "test" {
			continue // of helm test, which comes and goes
		}
		if trouble := pod.trouble(); trouble != "" {
			why[component] = pod.Metadata.Name + " " + trouble
		} else {
			ready[component] = true
		}
	}
	maps.DeleteFunc(why, func(component, _ string) bool { return ready[component] })
	if len(why) == 0 {
		return ok("each of %s has a pod that is ready in namespace %s", strings.Join(slices.Sorted(maps.Keys(ready)), ", "), p.Namespace)
	}
	var all []string
	for _, component := range slices.Sorted(maps.Keys(why)) {
		all = append(all, component+": "+why[component])
	}
	return broken("no pod is ready of %s, in namespace %s", strings.Join(slices.Sorted(maps.Keys(why)), ", "), p.Namespace).because(
		strings.Join(all, "; ")+".",
		"`kubectl --namespace "+p.Namespace+" describe pods` and `logs` say more; another namespace is named by --namespace.")
}

// trouble is why a pod is not ready, or "".
func (p pod) trouble() string {
	for _, c := range p.Status.ContainerStatuses {
		switch {
		case c.State.Waiting != nil:
			return "waits: " + c.State.Waiting.Reason
		case c.State.Terminated != nil:
			return "ended: " + c.State.Terminated.Reason
		}
	}
	for _, c := range p.Status.Conditions {
		switch {
		case c.Type == "Ready" && c.Status == "True":
			return ""
		case c.Type == "PodScheduled" && c.Status == "False":
			return "has no node: " + c.Message
		}
	}
	return "is " + p.Status.Phase + ", but not ready"
}

// ingressRoute is what is read of Traefik's.
type ingressRoute struct {
	Metadata metadata
	Spec     struct {
		EntryPoints []string
		Routes      []struct {
			Match       string
			Middlewares []struct{ Name, Namespace string }
		}
		TLS *struct{ CertResolver, SecretName string }
	}
}

// checkRoutes looks for the host's IngressRoutes, and for the resolvers that
// they name among those that Traefik has.
func checkRoutes(ctx context.Context, p *patient) Finding {
	var list struct{ Items []ingressRoute }
	if err := p.kubectl(ctx, &list, "get", "ingressroutes.traefik.io", "--all-namespaces"); err != nil {
		return skipped("kubectl could not get the IngressRoutes: %s", err)
	}
	host := p.URL.Hostname()
	var page, api bool
	var withTLS []ingressRoute
	for _, route := range list.Items {
		for _, rule := range route.Spec.Routes {
			if !names(rule.Match, host) {
				continue
			}
			isAPI := strings.Contains(rule.Match, "PathPrefix(`/api`)") && !strings.Contains(rule.Match, "!PathPrefix(`/api`)")
			page, api = page || !isAPI, api || isAPI
			if route.Spec.TLS != nil {
				withTLS = append(withTLS, route)
			}
		}
	}
	switch {
	case !page && !api:
		return broken("no IngressRoute names %s", host).because("Traefik answers 404 for the host.",
			"Put it into ingress.hosts of the chart's values; the chart makes other routes if ingress.kind is not traefik, and then this says nothing.")
	case !page || !api:
		return broken("of %s only the %s has an IngressRoute", host, map[bool]string{true: "page", false: "API"}[page]).because(
			"Traefik answers 404 for the other.", "Sync both components of the chart: dev-portal has the page's route, dev-portal-api the API's.")
	}
	for _, route := range withTLS {
		if f := p.judgeTLS(ctx, route); f.State == Broken {
			return f
		}
	}
	return ok("%s has IngressRoutes for the page and for /api%s", host, map[bool]string{true: ", with TLS", false: ", without TLS"}[len(withTLS) > 0])
}

// judgeTLS looks whether Traefik has the resolver that a route names.
func (p *patient) judgeTLS(ctx context.Context, route ingressRoute) Finding {
	name := route.Spec.TLS.CertResolver
	if name == "" {
		return ok("no resolver is needed")
	}
	has, sure := p.resolvers(ctx)
	if !sure || slices.Contains(has, strings.ToLower(name)) {
		return ok("the resolver may be there")
	}
	return broken("the IngressRoute %s/%s names the certResolver %s, which Traefik does not have", route.Metadata.Namespace, route.Metadata.Name, name).because(
		"Traefik then has no route for the host by plain HTTP, and answers 404 without a word about it but in its log: \"Router uses a nonexistent certificate resolver\".",
		"Take the tls block off (ingress.tls: {} in the chart's values): TLS ends at the edge. Or configure that resolver: --certificatesresolvers."+name+".acme.…")
}

var (
	resolverArg = regexp.MustCompile(`(?i)^--?certificatesresolvers\.([^.=]+)`)
	resolverEnv = regexp.MustCompile(`(?i)^TRAEFIK_CERTIFICATESRESOLVERS_([^_]+)_`)
	missingLog  = "Router uses a nonexistent certificate resolver"
)

// resolvers are those that the Traefik pods are started with, in lower case. It
// is not sure where none can be seen, or where they may be in a file and the log
// complains of none.
func (p *patient) resolvers(ctx context.Context) (has []string, sure bool) {
	var list struct{ Items []pod }
	err := p.kubectl(ctx, &list, "get", "pods", "--all-namespaces", "--selector=app.kubernetes.io/name=traefik")
	if err != nil || len(list.Items) == 0 {
		return nil, false
	}
	sure = true
	for _, pod := range list.Items {
		for _, c := range pod.Spec.Containers {
			has = append(has, c.resolvers()...)
			if slices.ContainsFunc(c.Args, func(arg string) bool { return strings.HasPrefix(strings.ToLower(arg), "--configfile") }) {
				sure = false
			}
		}
		log, err := p.kubectlText(ctx, "logs", "--namespace="+pod.Metadata.Namespace, pod.Metadata.Name, "--tail=2000")
		sure = sure || err == nil && strings.Contains(string(log), missingLog)
	}
	return has, sure
}

func (c container) resolvers() (names []string) {
	for _, arg := range c.Args {
		if m := resolverArg.FindStringSubmatch(arg); m != nil {
			names = append(names, strings.ToLower(m[1]))
		}
	}
	for _, env := range c.Env {
		if m := resolverEnv.FindStringSubmatch(env.Name); m != nil {
			names = append(names, strings.ToLower(m[1]))
		}
	}
	return names
}
