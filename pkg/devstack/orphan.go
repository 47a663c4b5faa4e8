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

// stopOrphan stops a server that a killed process left running on the cluster, and
// removes the pid file and sockets of one that is gone: Postgres would refuse to start
// if another program has the same pid by now, as happens in containers. The data is
// unchanged; Postgres recovers it from its log.
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
	for _, file := range []string{l.pidFile(), socket, socket + ".lock"} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// stopServer sends SIGINT, a fast shutdown, and then SIGQUIT, an immediate one. Neither
// loses committed work.
func stopServer(ctx context.Context, pid int) error {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the server that an earlier run left (pid %d): %w", pid, err)
		}
		if awaitExit(ctx, pid, 2*postgresStopTimeout) {
			return nil
		}
	}
	return fmt.Errorf("the server that an earlier run left (pid %d) does not stop: end it, and start again", pid)
}

// pidIn returns the number in the file's first line, or 0 if there is none: a crash may
// have truncated the file.
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

// serves reports whether the process has the cluster as its working directory, as a
// server does. On systems where that can't be found out it returns true.
func serves(pid int, cluster string) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	cwd, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false // without permission to read it: not started by this user
	}
	dir, err := os.Stat(cluster)
	return err == nil && os.SameFile(cwd, dir)
}

// awaitExit waits until a process ends, for at most timeout, and reports whether it
// did.
func awaitExit(ctx context.Context, pid int, timeout time.Duration) bool {
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
