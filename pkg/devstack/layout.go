package devstack

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// maxSocketPath is the maximum length of a unix socket's path on every system (macOS:
// 104 bytes, with the terminating zero).
const maxSocketPath = 103

// layout has the paths of a cluster, for this process and for the Postgres process.
type layout struct {
	dir       string
	bin       string
	socketDir string
	owner     *owner

	// handle is dir, opened, if owner may enter dir but not the folders above it
	// (root's home, for example). Postgres then accesses dir by the descriptor that it
	// inherits: see childPath. Otherwise it is nil.
	handle *os.File
}

// newLayout returns the layout of dir, which must exist and belong to owner.
func newLayout(dir, bin string, owner *owner) (layout, error) {
	l := layout{dir: dir, bin: bin, owner: owner, socketDir: filepath.Join(dir, "run")}
	if blocked := owner.blockedAt(dir); blocked != "" {
		if runtime.GOOS != "linux" || strings.HasPrefix(bin, dir) {
			return l, fmt.Errorf("user %q, as whom Postgres runs, may not enter %s: choose another data folder, or chmod o+x it",
				owner.name, blocked)
		}
		handle, err := os.Open(dir)
		if err != nil {
			return l, err
		}
		l.handle = handle
	}
	if l.handle != nil || len(l.socketDir)+len("/.s.PGSQL.5432") > maxSocketPath {
		sum := sha256.Sum256([]byte(dir))
		l.socketDir = filepath.Join(os.TempDir(), fmt.Sprintf("dev-portal-%x", sum[:6]))
	}
	return l, makeFolder(l.socketDir, owner)
}

// close closes the handle, and removes a socket folder that lies outside dir.
func (l layout) close() (err error) {
	if l.handle != nil {
		err = l.handle.Close()
	}
	if filepath.Dir(l.socketDir) != l.dir {
		err = errors.Join(err, os.RemoveAll(l.socketDir))
	}
	return err
}

func (l layout) cluster() string { return filepath.Join(l.dir, "cluster") }
func (l layout) logFile() string { return filepath.Join(l.dir, "postgres.log") }
func (l layout) pidFile() string { return filepath.Join(l.cluster(), "postmaster.pid") }

// childPath returns the path of a name in dir for the Postgres process. Opening a path
// below a descriptor in /proc needs no permission on the folders above it.
func (l layout) childPath(name string) string {
	if l.handle != nil {
		return "/proc/self/fd/3/" + name // ExtraFiles begin at 3
	}
	return filepath.Join(l.dir, name)
}

// command returns a command of a Postgres program that runs as the owner, in its own
// process group, so that Ctrl-C in a terminal reaches only this process and the
// services stop first.
func (l layout) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(l.bin, program), args...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C", "PGDATA=", "PGOPTIONS=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: l.owner.credential()}
	if l.handle != nil {
		cmd.ExtraFiles = []*os.File{l.handle}
	}
	return cmd
}

// initCluster creates the cluster if there is none. It is renamed to its final name
// only when it is complete, so that the next start repeats one that was killed.
func (l layout) initCluster(ctx context.Context, disposable bool) error {
	if _, err := os.Stat(filepath.Join(l.cluster(), "PG_VERSION")); err == nil {
		return l.checkVersion(ctx)
	}
	const fresh = "cluster.new"
	if err := os.RemoveAll(filepath.Join(l.dir, fresh)); err != nil {
		return err
	}
	ctype := "C.UTF-8" // upper and lower case of every script; order by bytes
	if runtime.GOOS == "darwin" {
		ctype = "UTF-8"
	}
	args := []string{"-D", l.childPath(fresh), "-U", postgresUser, "--auth-local=trust", "--auth-host=reject",
		"--encoding=UTF8", "--lc-collate=C", "--lc-ctype=" + ctype, "--lc-messages=C", "--no-instructions"}
	if disposable {
		args = append(args, "--no-sync")
	}
	out, err := l.command(ctx, "initdb", args...).CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("initdb in %s: %w: %s", l.dir, err, lastLines(string(out), 3))
	}
	return os.Rename(filepath.Join(l.dir, fresh), l.cluster())
}

// checkVersion returns a helpful error for a cluster of another major version: the
// server's own says only that the files are incompatible.
func (l layout) checkVersion(ctx context.Context) error {
	have, err := os.ReadFile(filepath.Join(l.cluster(), "PG_VERSION"))
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(l.bin, "postgres"), "--version").Output()
	if err != nil {
		return fmt.Errorf("%s --version: %w", filepath.Join(l.bin, "postgres"), err)
	}
	major := strings.TrimSpace(string(have))
	if m, _, _ := strings.Cut(versionOf(string(out)), "."); m != major {
		return fmt.Errorf("the data in %s is of PostgreSQL %s, but %s is %s: install PostgreSQL %s, or use another data folder",
			l.cluster(), major, l.bin, m, major)
	}
	return nil
}

// versionOf returns "15.18" for "postgres (PostgreSQL) 15.18 (Debian …)".
func versionOf(output string) string {
	for field := range strings.FieldsSeq(output) {
		if field[0] >= '0' && field[0] <= '9' {
			return field
		}
	}
	return ""
}

// ready reports whether the server with this pid accepts connections, by its pid file:
// line 1 is the pid, line 8 the state.
func (l layout) ready(pid int) bool {
	lines := l.pidLines()
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

// pidLines returns the lines of the server's lock file: its pid, …, the folder of its
// socket, …, its state; nil if there is none.
func (l layout) pidLines() []string {
	data, err := os.ReadFile(l.pidFile())
	if err != nil {
		return nil
	}
	return strings.Split(string(data), "\n")
}

// runningAt returns the folder of the socket of a server that runs on the cluster.
func (l layout) runningAt() (socketDir string, err error) {
	lines := l.pidLines()
	if len(lines) < 8 {
		return "", errors.New("there is no lock file of a server")
	}
	pid, err := strconv.Atoi(lines[0])
	if err == nil {
		err = syscall.Kill(pid, 0)
	}
	if err != nil && !errors.Is(err, syscall.EPERM) {
		return "", errors.New("its server has ended")
	}
	return lines[4], nil
}
