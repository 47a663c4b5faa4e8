package service

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// gcPercent is the default of GOGC. It lets the heap grow to five times the live data,
// because a heap of a few MB would otherwise be collected several times a second.
const gcPercent = 400

// Process is the process of a service.
type Process struct {
	Name            string // "health-worker"
	Version, Commit string // set by the linker, from git
	Getenv          func(string) string
	Log             *slog.Logger
}

// Common returns the configuration of a service without settings of its own.
func (p Process) Common() Common {
	c := NewEnv(p.Getenv).Common()
	c.Log, c.Version = p.Log, p.Version
	return c.WithDefaults()
}

// Main is the main function of a service. It calls run with a context that ends at
// SIGINT or SIGTERM; a second signal kills the process. It also handles --version, and
// --healthcheck for a container's HEALTHCHECK. It returns the exit code: 0, 1 if the
// service failed, 2 for an invalid flag.
func Main(name, version, commit string, run func(context.Context, Process) error) int {
	p := Process{Name: name, Version: version, Commit: commit, Getenv: os.Getenv}
	return p.main(os.Args[1:], os.Stdout, os.Stderr, run)
}

func (p Process) main(args []string, stdout io.Writer, stderr *os.File, run func(context.Context, Process) error) int {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	show := flags.Bool("version", false, "print the version and the commit, and end")
	ask := flags.Bool("healthcheck", false, "ask the "+p.Name+" that runs here, at PORTAL_METRICS, whether it is ready, and end")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	switch {
	case *show:
		_, _ = fmt.Fprintln(stdout, p.Version, p.Commit)
		return 0
	case *ask:
		if err := Ask(context.Background(), p.Getenv("PORTAL_METRICS"), "/readyz"); err != nil {
			_, _ = fmt.Fprintf(stderr, "%s: PORTAL_METRICS: %v\n", p.Name, err)
			return 1
		}
		return 0
	}
	p.Log = NewLog(stderr).With("service", p.Name, "version", p.Version)
	LimitMemory(p.Log)
	if p.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := Signalled()
	defer stop()
	if err := run(ctx, p); err != nil {
		p.Log.ErrorContext(ctx, "stopped", "error", err)
		return 1
	}
	return 0
}

// LimitMemory keeps the heap below the container's limit, if it has one.
func LimitMemory(log *slog.Logger) {
	limit, err := memlimit.Set() // fails where there are no cgroups
	if err == nil && limit < math.MaxInt64 {
		log.Info("heap limited", "bytes", limit)
	}
}

// Signalled returns a context that ends at SIGINT or SIGTERM. From then on, another
// signal kills the process.
func Signalled() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
