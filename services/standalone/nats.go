package standalone

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	natsrules "github.com/dev-portal/dev-portal/deploy/nats"
	"github.com/dev-portal/dev-portal/pkg/devstack"
)

// reader is the user of nats.conf that may only read. Connections without a user name are
// this user, so that `nats sub` works without options.
const reader = "subscriber"

// broker is the NATS server with the passwords of its users.
type broker struct {
	*devstack.NATS

	passwords map[string]string // by the names of their variables in nats.conf
}

// startNATS starts the server with the same rules as all editions.
func startNATS(ctx context.Context, addr, data string, log *slog.Logger) (*broker, error) {
	dir := filepath.Join(data, "nats")
	if err := migrateStreams(dir); err != nil {
		return nil, err
	}
	passwords, err := loadPasswords(filepath.Join(data, "nats-passwords"))
	if err != nil {
		return nil, fmt.Errorf("the passwords of NATS: %w", err)
	}
	var rules strings.Builder
	for name, password := range passwords {
		fmt.Fprintf(&rules, "%s: %s\n", name, password)
	}
	rules.WriteString(natsrules.Config)
	srv, err := devstack.StartNATS(ctx, devstack.NATSConfig{
		Addr: addr, Dir: dir, Rules: rules.String(), NoName: reader, Restart: true, Log: log.With("service", "nats"),
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w: choose another address with --nats", err)
	}
	if err != nil {
		return nil, err
	}
	return &broker{srv, passwords}, nil
}

// urlFor returns the URL by which a service connects.
func (b *broker) urlFor(user string) string {
	u, err := url.Parse(b.URL())
	if err != nil { // impossible: devstack made the URL
		return b.URL()
	}
	u.User = url.UserPassword(user, b.passwords[variable(user)])
	return u.String()
}

// variable returns the name of a user's password in nats.conf.
func variable(user string) string {
	return "NATS_" + strings.ToUpper(strings.ReplaceAll(user, "-", "_")) + "_PASSWORD"
}

// loadPasswords reads the file of passwords, and adds the missing ones. The file has lines
// of NAME=password, and only its owner may read it.
func loadPasswords(path string) (map[string]string, error) {
	kept, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	passwords := map[string]string{}
	for line := range strings.Lines(string(kept)) {
		name, password, _ := strings.Cut(strings.TrimSpace(line), "=")
		passwords[name] = password
	}
	var file bytes.Buffer
	changed := false
	all := map[string]string{}
	for _, name := range natsrules.PasswordVariables() {
		password := passwords[name]
		if !isPassword(password) {
			password, changed = "p"+rand.Text(), true // nats.conf requires a letter first
		}
		all[name] = password
		fmt.Fprintf(&file, "%s=%s\n", name, password)
	}
	if !changed {
		return all, os.Chmod(path, 0o600)
	}
	temporary := path + ".new" // renamed below, so that a crash leaves no partial file
	if err := os.WriteFile(temporary, file.Bytes(), 0o600); err != nil {
		return nil, err
	}
	return all, os.Rename(temporary, path)
}

// isPassword reports whether nats.conf accepts text as a password without quotes.
func isPassword(text string) bool {
	if len(text) < 8 || strings.ContainsRune("0123456789", rune(text[0])) {
		return false
	}
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

// migrateStreams moves the streams of an earlier version, which had no accounts, to the
// folder of the services' account.
func migrateStreams(dir string) error {
	before, now := filepath.Join(dir, "jetstream", "$G"), filepath.Join(dir, "jetstream", "PORTAL")
	if _, err := os.Stat(now); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(before, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keep the streams of an earlier version: %w", err)
	}
	return nil
}
