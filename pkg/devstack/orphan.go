package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopOrphan ends a server that a killed process left running on the cluster,
// and removes the traces of one that is gone: Postgres would refuse to start if
// another program has its number by now, as happens in containers. The data is
// left alone; Postgres recovers it from its log.
func stopOrphan(ctx context.Context, l layout) error {
	pid, err := pidIn(l.pidFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if alive(pid) && serves(pid, l.cluster()) {
		if err := stopServer(ctx, pid); err != nil {
			return err
		}
	}
	socket := filepath.Join(l.socketDir, ".s.PGSQL.5432")
	for _, trace := range []string{l.pidFile(), socket, socket + ".lock"} {
		if err := os.Remove(trace); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// stopServer asks, then insists. Neither loses committed work.
func stopServer(ctx context.Context, pid int) error {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the server that an earlier run left (pid %d): %w", pid, err)
		}
		if gone(ctx, pid, 2*postgresStopTimeout) {
			return nil
		}
	}
	return fmt.Errorf("the server that an earlier run left (pid %d) does not stop: end it, and start again", pid)
}

// pidIn reads the first line. One that holds no number is as good as none: it is
// a file whose writing a crash cut short.
func pidIn(path string) (int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, nil //nolint:nilerr // see above
	}
	return pid, nil
}

func alive(pid int) bool {
	return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// serves reports whether this process has the cluster as its working folder, as a
// server has. Where that can't be told the pid file is believed.
func serves(pid int, cluster string) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	cwd, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false // not ours to look at, so not started by us
	}
	dir, err := os.Stat(cluster)
	return err == nil && os.SameFile(cwd, dir)
}

// gone waits for a process to end, at most for timeout.
func gone(ctx context.Context, pid int, timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for alive(pid) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
