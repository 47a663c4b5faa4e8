package kube

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
	"github.com/dev-portal/dev-portal/services/doctor/internal/traefik"
)

// ingressRoute is the part of Traefik's IngressRoute that the doctor reads.
type ingressRoute struct {
	Metadata metadata
	Spec     struct {
		Routes []struct{ Match string }
		TLS    *struct{ CertResolver string }
	}
}

// CheckRoutes checks that the host has IngressRoutes, and that Traefik has the resolvers
// that they name.
func CheckRoutes(ctx context.Context, p *ask.Portal) finding.Finding {
	var list struct{ Items []ingressRoute }
	if err := kubectl(ctx, p, &list, "get", "ingressroutes.traefik.io", "--all-namespaces"); err != nil {
		return finding.Skip("kubectl could not get the IngressRoutes: %s", err)
	}
	host := p.URL.Hostname()
	var page, api bool
	var withTLS []ingressRoute
	for _, route := range list.Items {
		for _, rule := range route.Spec.Routes {
			if !traefik.NamesHost(rule.Match, host) {
				continue
			}
			if routesAPI(rule.Match) {
				api = true
			} else {
				page = true
			}
			if route.Spec.TLS != nil {
				withTLS = append(withTLS, route)
			}
		}
	}
	switch {
	case !page && !api:
		return noIngressRoute(ctx, p, host)
	case !api:
		return finding.Fault("of %s only the page has an IngressRoute", host).WithCause("Traefik answers 404 to /api.",
			"Sync the component of the chart that has the API's route: catalog-api (dev-portal-api in Argo CD).")
	case !page:
		return finding.Fault("of %s only the API has an IngressRoute", host).WithCause("Traefik answers 404 to the page.",
			"Sync the component of the chart that has the page's route: web (dev-portal in Argo CD).")
	}
	for _, route := range withTLS {
		if name := route.Spec.TLS.CertResolver; name != "" && lacksResolver(ctx, p, name) {
			return finding.Fault("the IngressRoute %s/%s names the certResolver %s, which Traefik does not have", route.Metadata.Namespace, route.Metadata.Name, name).WithCause(
				"Traefik then has no route for the host by plain HTTP: it answers 404, and only its log says so.",
				"Take the tls block off (ingress.tls: {} in the chart's values): TLS ends at the edge. Or configure that resolver: --certificatesresolvers."+name+".acme.…")
		}
	}
	if len(withTLS) > 0 {
		return finding.Fine("%s has IngressRoutes for the page and for /api, with TLS", host)
	}
	return finding.Fine("%s has IngressRoutes for the page and for /api, without TLS", host)
}

var (
	apiRule   = regexp.MustCompile("(^|[^!])PathPrefix\\([`\"]/api[`\"]\\)")
	configArg = regexp.MustCompile(`(?i)^--?configfile`)
)

func routesAPI(rule string) bool { return apiRule.MatchString(rule) }

// noIngressRoute judges a host without an IngressRoute: the chart can be configured to
// make another kind of route.
func noIngressRoute(ctx context.Context, p *ask.Portal, host string) finding.Finding {
	for _, kind := range []string{"ingresses.networking.k8s.io", "httproutes.gateway.networking.k8s.io"} {
		text, err := kubectlText(ctx, p, "get", kind, "--all-namespaces", "--output=json")
		if err == nil && strings.Contains(string(text), `"`+host+`"`) { // a cluster may not have the kind
			return finding.Skip("no IngressRoute names %s, but one of the %s does: look at that", host, kind)
		}
	}
	return finding.Fault("no IngressRoute names %s", host).WithCause("Traefik answers 404 for the host.",
		"Put it into ingress.hosts of the chart's values.")
}

// lacksResolver reports whether no Traefik was started with the resolver. If a Traefik
// also has a configuration file, only its log tells.
func lacksResolver(ctx context.Context, p *ask.Portal, name string) bool {
	var list struct{ Items []pod }
	err := kubectl(ctx, p, &list, "get", "pods", "--all-namespaces", "--selector=app.kubernetes.io/name=traefik")
	if err != nil || len(list.Items) == 0 {
		return false
	}
	for _, pod := range list.Items {
		for _, c := range pod.Spec.Containers {
			if c.hasResolver(name) {
				return false
			}
			if slices.ContainsFunc(c.Args, configArg.MatchString) && !logsResolverError(ctx, p, pod) {
				return false
			}
		}
	}
	return true
}

func (c container) hasResolver(name string) bool {
	arg, env := "certificatesresolvers."+strings.ToLower(name)+".", "TRAEFIK_CERTIFICATESRESOLVERS_"+strings.ToUpper(name)+"_"
	for _, a := range c.Args {
		if strings.HasPrefix(strings.ToLower(strings.TrimLeft(a, "-")), arg) {
			return true
		}
	}
	for _, e := range c.Env {
		if strings.HasPrefix(strings.ToUpper(e.Name), env) {
			return true
		}
	}
	return false
}

// logsResolverError reports whether the recent log of Traefik has the error of a missing
// resolver.
func logsResolverError(ctx context.Context, p *ask.Portal, of pod) bool {
	log, err := kubectlText(ctx, p, "logs", "--namespace="+of.Metadata.Namespace, of.Metadata.Name, "--tail=2000")
	return err == nil && strings.Contains(string(log), "Router uses a nonexistent certificate resolver")
}
