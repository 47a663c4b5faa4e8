package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// maxLogFile is the size in bytes above which a start rotates the log to
// postgres.log.1.
const maxLogFile = 10 << 20

// child is a running server process.
type child struct {
	pid     int
	process *os.Process
	logFile string
	logFrom int64 // where this run's part of the log begins
	done    chan struct{}
	err     error // how it ended; set before done is closed
}

// startServer starts the server and returns before it is ready: see awaitReady.
func (l layout) startServer(cfg PostgresConfig) (*child, error) {
	log, err := openLog(l.logFile())
	if err != nil {
		return nil, err
	}
	from, err := log.Seek(0, 2)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	cmd := l.command(context.Background(), "postgres", l.settings(cfg)...)
	cmd.Stdout, cmd.Stderr = log, log
	stopWithParent(cmd.SysProcAttr)

	c := &child{logFile: l.logFile(), logFrom: from, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel sends the signal of stopWithParent when the thread that started
		// the child ends, not the process: this thread must live as long as the child.
		runtime.LockOSThread()
		defer close(c.done)
		err := cmd.Start()
		if err == nil {
			c.pid, c.process = cmd.Process.Pid, cmd.Process
		}
		started <- err
		if err == nil {
			c.err = cmd.Wait()
		}
		c.err = errors.Join(c.err, log.Close())
	}()
	if err := <-started; err != nil {
		<-c.done
		return nil, err
	}
	return c, nil
}

// settings returns the server's settings as arguments. They are not in a file of the
// cluster, so that those of a newer portal apply to an older cluster too.
func (l layout) settings(cfg PostgresConfig) []string {
	args := []string{"-D", l.childPath("cluster")}
	for _, s := range []string{
		"listen_addresses=",
		"unix_socket_directories=" + l.socketDir,
		"unix_socket_permissions=0700",
		"logging_collector=off",
		"log_destination=stderr",
		"timezone=UTC",
		"max_connections=200",
	} {
		args = append(args, "-c", s)
	}
	if cfg.Disposable {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	return args
}

// stop requests a fast shutdown: open transactions are rolled back, committed work is
// written. It kills a server that does not end within timeout, and returns an error then
// only if the server doesn't end soon after.
func (c *child) stop(timeout time.Duration) error {
	select {
	case <-c.done:
		return nil // it ended by itself, as Done reports
	default:
	}
	if err := c.process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop postgres: %w", err)
	}
	select {
	case <-c.done:
		return nil
	case <-time.After(timeout):
	}
	// SIGQUIT also ends the server's worker processes at once, unlike SIGKILL.
	if err := c.process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop postgres: %w", err)
	}
	select {
	case <-c.done:
		return nil
	case <-time.After(time.Second):
		return errors.Join(fmt.Errorf("postgres did not stop within %s, and was killed", timeout), c.process.Kill())
	}
}

// logTail returns the end of this run's log.
func (c *child) logTail() string {
	data, err := os.ReadFile(c.logFile)
	if err != nil || int64(len(data)) < c.logFrom {
		return "(unreadable)"
	}
	return lastLines(string(data[c.logFrom:]), 4)
}

// lastLines joins the last n lines of text into one.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogFile {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("rotate %s: %w", filepath.Base(path), err)
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}
