package devstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// oldestMajor is the oldest PostgreSQL that the portal's SQL is tested with.
const oldestMajor = 14

// binaryFolders are where packages put PostgreSQL: Debian and Ubuntu, Fedora's
// PGDG, Homebrew on both kinds of Mac, Postgres.app.
var binaryFolders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// binaries returns a folder with initdb and postgres: the newest on this machine. If
// there is none, it downloads one into cache.
func binaries(ctx context.Context, cache string, log *slog.Logger) (string, error) {
	if bin := installed(ctx, binaryFolders); bin != "" {
		return bin, nil
	}
	bin := filepath.Join(cache, "bin")
	if complete(bin) {
		return bin, nil
	}
	log.InfoContext(ctx, "no PostgreSQL on this machine; downloading one", "into", cache)
	if err := download(ctx, cache, ""); err != nil {
		return "", fmt.Errorf("there is no PostgreSQL on this machine, and downloading one failed (%w): install it, "+
			"for example with apt-get install postgresql, or give the URL of a database", err)
	}
	return bin, nil
}

// installed returns the newest complete folder that matches the patterns, or else that
// of pg_config or of the PATH, or else "".
func installed(ctx context.Context, patterns []string) string {
	var found []string
	for _, pattern := range patterns {
		matches, err := filepath.Glob(pattern)
		if err == nil {
			found = append(found, matches...)
		}
	}
	found = slices.DeleteFunc(found, func(dir string) bool { return !complete(dir) || majorIn(dir) < oldestMajor })
	if len(found) > 0 {
		return slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(majorIn(a), majorIn(b)) })
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		if dir := strings.TrimSpace(string(out)); complete(dir) {
			return dir
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		// postgres may be a link; the other programs are in the folder of its target.
		if real, err := filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(real)) {
			return filepath.Dir(real)
		}
	}
	return ""
}

// complete reports whether dir has the programs initdb and postgres.
func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

// majorIn returns the major version in the name of the folder above bin, or 0.
func majorIn(dir string) int {
	name := strings.TrimLeft(filepath.Base(filepath.Dir(dir)), "abcdefghijklmnopqrstuvwxyz@-")
	name, _, _ = strings.Cut(name, ".")
	major, err := strconv.Atoi(name)
	if err != nil {
		return 0
	}
	return major
}

// download lets the embedded-postgres library download and unpack its binaries. The
// library has no call for that alone: it also creates a cluster and starts it, in a
// temporary folder, which may fail (as root it always does). The folder cache is
// created only when it is complete.
func download(ctx context.Context, cache, repository string) (err error) {
	fresh := cache + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "dev-portal-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	cfg := embeddedpostgres.DefaultConfig().Version(embeddedpostgres.V17).Port(port).Logger(io.Discard).
		CachePath(filepath.Join(scratch, "cache")).RuntimePath(filepath.Join(scratch, "run")).BinariesPath(fresh)
	if repository != "" {
		cfg = cfg.BinaryRepositoryURL(repository)
	}
	library := embeddedpostgres.NewDatabase(cfg)
	switch err := library.Start(); {
	case err == nil:
		if err := library.Stop(); err != nil {
			return err
		}
	case !complete(filepath.Join(fresh, "bin")):
		return err
	}
	return os.Rename(fresh, cache)
}

func freePort(ctx context.Context) (uint32, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = ln.Close() }()
	return uint32(ln.Addr().(*net.TCPAddr).Port), nil
}
