// Command health-worker probes the services of the catalogue. It is configured
// by the environment: see the fields of healthworker.Config.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	_ "github.com/KimMachineGun/automemlimit" // the heap stays below the container's limit
	"github.com/dev-portal/dev-portal/pkg/healthcheck"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

// gcPercent lets the heap grow to five times what lives, for those who say nothing
// else by GOGC: a heap of a few MB would be collected several times a second.
const gcPercent = 400

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
	ask := flags.Bool("healthcheck", false, "ask the health-worker that runs here, at PORTAL_METRICS, whether it is ready, and end")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *show {
		fmt.Fprintln(stdout, version, commit)
		return 0
	}
	if *ask {
		if err := healthcheck.Ask(context.Background(), getenv("PORTAL_METRICS"), "/readyz"); err != nil {
			fmt.Fprintln(os.Stderr, "health-worker: PORTAL_METRICS:", err)
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
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from here on, a second signal kills
	return healthworker.Run(ctx, cfg)
}
