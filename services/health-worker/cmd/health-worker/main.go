// Command health-worker probes the services of the catalogue. It is configured
// by the environment: see the fields of healthworker.Config.
package main

import (
	"context"
	"os"

	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	os.Exit(service.Main("health-worker", version, commit, func(ctx context.Context, p service.Process) error {
		cfg, err := healthworker.ConfigFromEnv(p.Getenv)
		if err != nil {
			return err
		}
		cfg.Log, cfg.Version = p.Log, p.Version
		return healthworker.Run(ctx, cfg)
	}))
}
