// Command catalog-api serves the service catalogue over HTTP. It is configured
// by the environment: see the fields of catalogapi.Config.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	_ "github.com/KimMachineGun/automemlimit" // the heap stays below the container's limit
	"github.com/dev-portal/dev-portal/pkg/healthcheck"
	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
)

// gcPercent lets the heap grow to five times what lives, for those who say nothing
// else by GOGC: a heap of a few MB would be collected several times a second.
const gcPercent = 400

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	show := flag.Bool("version", false, "print the version and the commit, and exit")
	ask := flag.Bool("healthcheck", false, "ask the catalog-api that runs here, at PORTAL_METRICS, whether it is ready, and exit")
	flag.Parse()
	if *show {
		fmt.Println(version, commit)
		return
	}
	if *ask {
		if err := healthcheck.Ask(context.Background(), os.Getenv("PORTAL_METRICS"), "/readyz"); err != nil {
			fmt.Fprintln(os.Stderr, "catalog-api: PORTAL_METRICS:", err)
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
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from here on, a second signal kills
	return catalogapi.Run(ctx, cfg)
}
