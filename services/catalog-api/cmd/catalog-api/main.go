// Command catalog-api serves the service catalogue over HTTP. It is configured by the
// environment: see the fields of catalogapi.Config. catalog-api keys makes and revokes API
// keys.
package main

import (
	"context"
	"errors"
	"os"

	"github.com/dev-portal/dev-portal/pkg/service"
	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
)

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "keys" {
		os.Exit(keys(os.Args[2:]))
	}
	os.Exit(service.Main("catalog-api", version, commit, func(ctx context.Context, p service.Process) error {
		cfg, err := catalogapi.ConfigFromEnv(p.Getenv)
		if err != nil {
			return err
		}
		cfg.Log, cfg.Version = p.Log, p.Version
		return catalogapi.Run(ctx, cfg)
	}))
}

func keys(args []string) int {
	ctx, stop := service.Signalled()
	defer stop()
	return catalogapi.KeysCommand{
		Name: "dev-portal keys", Out: os.Stdout, Err: os.Stderr,
		DatabaseURL: func() (string, error) {
			if url := os.Getenv("PORTAL_DATABASE_URL"); url != "" {
				return url, nil
			}
			return "", errors.New("PORTAL_DATABASE_URL is not set: run it where catalog-api runs")
		},
	}.Run(ctx, args)
}
