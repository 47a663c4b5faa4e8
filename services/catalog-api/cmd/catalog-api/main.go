// Command catalog-api serves the service catalogue over HTTP. It is configured
// by the environment: see the fields of catalogapi.Config.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
)

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	show := flag.Bool("version", false, "print the version and the commit, and exit")
	ask := flag.Bool("healthcheck", false, "ask the catalog-api that runs here whether it is ready, and exit")
	flag.Parse()
	if *show {
		fmt.Println(version, commit)
		return
	}
	if *ask {
		if err := healthcheck(os.Getenv("PORTAL_METRICS")); err != nil {
			fmt.Fprintln(os.Stderr, "catalog-api:", err)
			os.Exit(1)
		}
		return
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil)).With("service", "catalog-api", "version", version)
	if err := run(log); err != nil {
		log.Error("stopped", "error", err)
		os.Exit(1)
	}
}

func run(log *slog.Logger) error {
	cfg, err := catalogapi.ConfigFromEnv(os.Getenv)
	if err != nil {
		return err
	}
	cfg.Log, cfg.Version = log, version

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from here on, a second signal kills
	return catalogapi.Run(ctx, cfg)
}

// healthcheck asks the running service whether it is ready: for containers that
// have no shell and no other program to ask with.
func healthcheck(listen string) error {
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("PORTAL_METRICS is %q; without it nobody can be asked: %w", listen, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort("127.0.0.1", port)+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", res.Status)
	}
	return nil
}
