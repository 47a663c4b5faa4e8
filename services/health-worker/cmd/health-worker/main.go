// Command health-worker probes the services of the catalogue. It is configured
// by the environment: see the fields of healthworker.Config.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv, os.Stdout))
}

// run returns the exit code: 0, 1 if the worker failed, 2 at a wrong flag.
func run(args []string, getenv func(string) string, stdout io.Writer) int {
	flags := flag.NewFlagSet("health-worker", flag.ContinueOnError)
	show := flags.Bool("version", false, "print the version and the commit, and end")
	ask := flags.Bool("healthcheck", false, "ask the health-worker that runs here whether it is ready, and end")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *show {
		fmt.Fprintln(stdout, version, commit)
		return 0
	}
	if *ask {
		if err := healthcheck(getenv("PORTAL_METRICS")); err != nil {
			fmt.Fprintln(os.Stderr, "health-worker:", err)
			return 1
		}
		return 0
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil)).With("service", "health-worker", "version", version)
	if err := work(getenv, log); err != nil {
		log.Error("stopped", "error", err)
		return 1
	}
	return 0
}

func work(getenv func(string) string, log *slog.Logger) error {
	cfg, err := healthworker.ConfigFromEnv(getenv)
	if err != nil {
		return err
	}
	cfg.Log, cfg.Version = log, version

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from here on, a second signal kills
	return healthworker.Run(ctx, cfg)
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
