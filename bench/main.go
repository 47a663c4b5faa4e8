// Command bench measures what the portal costs and prints a table. It starts the
// parts as they ship, each as a process of its own, so that the CPU time of each
// can be told apart; load comes from this process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

// settings are how much is measured; the flags say what each is.
type settings struct {
	services int
	seconds  int
	viewers  int
	only     string
}

func main() {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], rolePrefix) {
		if err := playRole(os.Args[1], os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	var s settings
	flag.IntVar(&s.services, "services", 10_000, "services that are probed, each every 10 s")
	flag.IntVar(&s.seconds, "seconds", 30, "how long probes are counted")
	flag.IntVar(&s.viewers, "viewers", 500, "browsers that follow the events")
	flag.StringVar(&s.only, "only", "", "one of probes, changes, history, list, busylist, events, live, impact; empty: all")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	fmt.Printf("%s on %s/%s, %d CPUs; other programs on this machine change the figures, so compare within a run\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	var table table
	for _, b := range []struct {
		name    string
		measure func(context.Context, *portal, settings) ([]row, error)
	}{
		{"probes", probes}, {"changes", changed}, {"history", past}, {"list", list}, {"busylist", busyList}, {"events", published}, {"live", live}, {"impact", told},
	} {
		if s.only != "" && s.only != b.name {
			continue
		}
		began := time.Now()
		fmt.Printf("measuring %s …\n", b.name)
		rows, err := measure(ctx, s, b.measure)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		fmt.Printf("measured %s in %.0f s\n", b.name, time.Since(began).Seconds())
		table.rows = append(table.rows, rows...)
	}
	fmt.Println()
	fmt.Print(table.String())
	return nil
}

// measure runs one measurement on a portal of its own.
func measure(
	ctx context.Context, s settings, fn func(context.Context, *portal, settings) ([]row, error),
) (rows []row, err error) {
	p, err := startPortal(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	return fn(ctx, p, s)
}
