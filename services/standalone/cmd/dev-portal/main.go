// Command dev-portal serves the whole portal from one process. --help lists its flags;
// each has a variable with the same meaning, see standalone.Config. dev-portal keys makes
// and revokes API keys; dev-portal doctor finds out why a portal, of any edition, does not
// work.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	_ "time/tzdata" // the machine may have no zones; images of the services do

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/doctor"
	"github.com/dev-portal/dev-portal/services/standalone"
)

var (
	version = "dev"     // set by the linker, from git describe
	commit  = "unknown" // set by the linker, from git rev-parse
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "doctor" {
		os.Exit(doctor.Main("dev-portal doctor", version, os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "keys" {
		os.Exit(keys(os.Args[2:]))
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "dev-portal:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

func keys(args []string) int {
	ctx, stop := service.Signalled()
	defer stop()
	return standalone.KeysCommand(os.Getenv, os.Stdout, os.Stderr).Run(ctx, args)
}

func run() error {
	cfg, task, err := standalone.ConfigFrom(os.Args[1:], os.Getenv, os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Println("\n`dev-portal keys` makes, lists and revokes API keys: dev-portal keys --help")
		fmt.Println("`dev-portal doctor` finds out why a portal, of whichever edition, does not work: dev-portal doctor --help")
		return nil
	case err != nil:
		return err
	case task == standalone.ShowVersion:
		fmt.Println("dev-portal", version, commit)
		return nil
	case task == standalone.CheckHealth:
		return service.Ask(context.Background(), cfg.HTTPAddr, "/api/health")
	}
	cfg.Version = version
	cfg.Log = service.NewLog(os.Stderr)
	service.LimitMemory(cfg.Log)
	cfg.Opened = func(at standalone.Addresses) {
		fmt.Printf("Dev Portal %s\n%s\n", version, at)
		if open := cfg.Openness(); open != "" {
			fmt.Printf("  %s\n\n", open)
		}
	}
	ctx, stop := service.Signalled()
	defer stop()
	err = standalone.Run(ctx, cfg)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // stopped during the start
	}
	return err
}
