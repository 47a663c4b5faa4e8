package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// The exit codes of the command.
const (
	codeOK     = 0
	codeBroken = 1
	codeUsage  = 2
)

// Command is `dev-portal doctor`.
type Command struct {
	Out, Err io.Writer
	Coloured bool // the checklist
	Version  string
}

const usage = `Usage: dev-portal doctor --url https://portal.example.com [flags]

Looks at every hop from DNS to the workers, and names the first that is broken, with the fix. It changes nothing,
but has a worker check one service when it may not ask NATS. Exit code: 0 nothing broken, 1 something is, 2 usage.

`

// Run looks at the portal that the arguments name, and returns the exit code.
func (c Command) Run(ctx context.Context, args []string) int {
	o, asJSON, err := c.options(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return codeOK
	case err != nil:
		fmt.Fprintf(c.Err, "dev-portal doctor: %s: --help lists the flags\n", err)
		return codeUsage
	}
	report := Examine(ctx, o)
	if asJSON {
		out := json.NewEncoder(c.Out)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		_ = out.Encode(report) // who closed our output reads no error either
	} else {
		report.print(c.Out, c.Coloured)
	}
	if report.Broken != "" {
		return codeBroken
	}
	return codeOK
}

func (c Command) options(args []string) (o Options, asJSON bool, err error) {
	o.Version = c.Version
	flags := flag.NewFlagSet("dev-portal doctor", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are said once, by Run
	address := func(p **url.URL, name, usage string) {
		flags.Func(name, usage, func(text string) (err error) {
			*p, err = parseURL(text)
			return err
		})
	}
	address(&o.URL, "url", "the portal's `URL`, as people open it (required)")
	address(&o.Traefik, "traefik", "`URL` of Traefik's entry point: asked directly, with the portal's Host header")
	address(&o.TraefikAPI, "traefik-api", "`URL` of Traefik's API, to say why a route is missing")
	address(&o.Web, "web", "`URL` of web itself, such as a port-forward")
	address(&o.API, "api", "`URL` of catalog-api itself, such as a port-forward")
	flags.StringVar(&o.NATS, "nats", "", "`URL` of NATS, with user and password: for streams, consumers and workers")
	flags.StringVar(&o.TunnelConfig, "tunnel-config", "", "cloudflared's configuration `file`")
	flags.BoolVar(&o.Kube, "kube", false, "ask kubectl about the pods, the IngressRoutes and Traefik's resolvers")
	flags.StringVar(&o.Namespace, "namespace", "dev-portal", "the portal's `namespace` in Kubernetes")
	flags.StringVar(&o.Resolver, "resolver", "", "`address` of a DNS server to ask instead of the machine's, such as 1.1.1.1:53")
	flags.Func("header", "`'Name: value'` sent with every request, to get past a login; may be repeated", func(text string) error {
		if name, _, there := strings.Cut(text, ":"); !there || strings.TrimSpace(name) == "" {
			return errors.New("it must be Name: value")
		}
		o.Header = append(o.Header, text)
		return nil
	})
	flags.DurationVar(&o.Timeout, "timeout", 5*time.Second, "`time` that each answer may take")
	flags.BoolVar(&asJSON, "json", false, "write the findings as JSON")

	err = flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(c.Out, usage)
		flags.SetOutput(c.Out)
		flags.PrintDefaults()
		return o, false, err
	case err != nil:
		return o, false, err
	case flags.NArg() > 0:
		return o, false, fmt.Errorf("%q is no flag", flags.Arg(0))
	case o.URL == nil:
		return o, false, errors.New("--url is missing")
	case o.Timeout <= 0:
		return o, false, errors.New("--timeout must be more than nothing")
	case o.NATS != "" && !strings.Contains(o.NATS, "://"):
		return o, false, errors.New("--nats must look like nats://user:password@host:4222")
	}
	return o, asJSON, nil
}

// parseURL takes the address of a server, without a path.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return nil, errors.New("it must look like http://host:port or https://host")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("it must end after the host and the port")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
