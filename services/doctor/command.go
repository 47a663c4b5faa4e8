package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	"unicode"

	"golang.org/x/term"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/broker"
)

// The exit codes of the command.
const (
	codeOK     = 0
	codeBroken = 1
	codeUsage  = 2
)

// Main runs the program called name: it examines the portal given in args, and
// returns the exit code.
func Main(name, version string, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	coloured := term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == ""
	return Command{Name: name, Out: os.Stdout, Err: os.Stderr, Coloured: coloured, Version: version}.Run(ctx, args)
}

// Command is the command line of the doctor.
type Command struct {
	Name     string // of the program, as it was called
	Out, Err io.Writer
	Coloured bool // whether the checklist has colours
	Version  string
}

const usage = `Usage: %s --url https://portal.example.com [flags]

Looks at every hop from DNS to the workers, and names the first that is broken, with the fix. It changes nothing.
Exit code: 0 nothing broken, 1 something is, 2 usage.

`

// Run examines the portal given in args, and returns the exit code.
func (c Command) Run(ctx context.Context, args []string) int {
	o, asJSON, err := c.options(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return codeOK
	case err != nil:
		fmt.Fprintf(c.Err, "%s: %s: --help lists the flags\n", c.Name, err)
		return codeUsage
	}
	found := examine(ctx, o)
	if asJSON {
		out := json.NewEncoder(c.Out)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		_ = out.Encode(found) // if the output is closed, nobody would read the error either
	} else {
		found.print(c.Out, c.Coloured)
	}
	if found.Broken != "" {
		return codeBroken
	}
	return codeOK
}

// arguments are the flags as given, before they are checked.
type arguments struct {
	options                            ask.Options
	url, traefik, traefikAPI, web, api string
	asJSON                             bool
}

// options parses and checks the arguments.
func (c Command) options(args []string) (o ask.Options, asJSON bool, err error) {
	a := arguments{options: ask.Options{Version: c.Version}}
	flags := a.flags(c.Name)
	err = flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(c.Out, usage, c.Name)
		flags.SetOutput(c.Out)
		flags.PrintDefaults()
		return o, false, err
	case err != nil:
		return o, false, err
	case flags.NArg() > 0: // not shown: after a header without quotes, it is the secret
		return o, false, errors.New("unexpected argument among the flags; a value may miss its quotes")
	}
	o, err = a.checked()
	return o, a.asJSON, err
}

// flags defines the command's flags. Those that may contain a secret are plain strings
// and are checked later, because the flag package prints the values that it refuses.
func (a *arguments) flags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // Run prints errors, once
	o := &a.options
	flags.StringVar(&a.url, "url", "", "the portal's `URL`, as people open it (required)")
	flags.StringVar(&a.traefik, "traefik", "", "`URL` of Traefik's entry point: asked directly, with the portal's Host header")
	flags.StringVar(&a.traefikAPI, "traefik-api", "", "`URL` of Traefik's API, to say why a route is missing")
	flags.StringVar(&a.web, "web", "", "`URL` of web itself, such as a port-forward")
	flags.StringVar(&a.api, "api", "", "`URL` of catalog-api itself, such as a port-forward")
	flags.StringVar(&o.NATS, "nats", "", "`URL` of NATS, with user and password: for streams, consumers and workers")
	flags.StringVar(&o.TunnelConfig, "tunnel-config", "", "cloudflared's configuration `file`")
	flags.BoolVar(&o.Kube, "kube", false, "examine the pods, the IngressRoutes and Traefik's resolvers by kubectl")
	flags.StringVar(&o.Namespace, "namespace", "dev-portal", "the portal's `namespace` in Kubernetes")
	flags.StringVar(&o.Resolver, "resolver", "", "`address` of a DNS server to ask instead of the machine's, such as 1.1.1.1")
	flags.Func("header", "`'Name: value'` sent with every request, to get past a login; may be repeated", func(text string) error {
		o.Header = append(o.Header, text)
		return nil
	})
	flags.DurationVar(&o.Timeout, "timeout", 5*time.Second, "`time` that each answer may take")
	flags.BoolVar(&a.asJSON, "json", false, "write the findings as JSON")
	return flags
}

// checked returns the parsed options, or an error for the first invalid flag. The error
// does not contain its value.
func (a *arguments) checked() (o ask.Options, err error) {
	o = a.options
	for _, f := range []struct {
		name, text string
		into       **url.URL
	}{
		{"url", a.url, &o.URL},
		{"traefik", a.traefik, &o.Traefik},
		{"traefik-api", a.traefikAPI, &o.TraefikAPI},
		{"web", a.web, &o.Web},
		{"api", a.api, &o.API},
	} {
		if f.text == "" {
			continue
		}
		if *f.into, err = parseURL(f.text); err != nil {
			return o, fmt.Errorf("--%s %w", f.name, err)
		}
	}
	for _, line := range o.Header {
		name, value, there := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !there || name == "" || strings.Contains(name, " ") || strings.ContainsFunc(value, unicode.IsControl) {
			return o, errors.New("--header must look like 'Name: value'")
		}
	}
	if _, _, err := net.SplitHostPort(o.Resolver); err != nil && o.Resolver != "" {
		o.Resolver = net.JoinHostPort(strings.Trim(o.Resolver, "[]"), "53")
	}
	switch {
	case o.URL == nil:
		return o, errors.New("--url is missing")
	case o.Timeout <= 0:
		return o, errors.New("--timeout must be more than 0")
	case o.NATS != "" && broker.Hosts(o.NATS) == "":
		return o, errors.New("--nats must look like nats://user:password@host:4222, with special characters of the password as %XX")
	}
	return o, nil
}

// parseURL parses the URL of a server; it must not have a path.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return nil, errors.New("must look like http://host:port or https://host")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("must have no path: only scheme, host and port")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
