// Command fetcher reads releases of the services, and the calendars of teams. It is configured
// by the environment: see the fields of fetcher.Config.
package main

import (
	"context"
	"os"

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/fetcher"
)

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	os.Exit(service.Main("fetcher", version, commit, func(ctx context.Context, p service.Process) error {
		cfg, err := fetcher.ConfigFromEnv(p.Getenv)
		if err != nil {
			return err
		}
		cfg.Log, cfg.Version = p.Log, p.Version
		return fetcher.Run(ctx, cfg)
	}))
}
