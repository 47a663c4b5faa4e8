// Command catalog-api serves the service catalogue over HTTP. It is configured
// by the environment: see the fields of catalogapi.Config.
package main

import (
	"context"
	"os"

	"github.com/dev-portal/dev-portal/pkg/service"
	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
)

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	os.Exit(service.Main("catalog-api", version, commit, func(ctx context.Context, p service.Process) error {
		cfg, err := catalogapi.ConfigFromEnv(p.Getenv)
		if err != nil {
			return err
		}
		cfg.Log, cfg.Version = p.Log, p.Version
		return catalogapi.Run(ctx, cfg)
	}))
}
