package standalone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockFolder creates the data folder, and locks it against other portals until the
// returned file is closed, by us or by the kernel when we are killed.
func lockFolder(dir string) (*os.File, error) {
	const remedy = "choose another with --data"

	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w: %s", err, remedy)
	}
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the data folder cannot be written: %w: %s", err, remedy)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(file.Name()) // empty if unreadable
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another portal (pid %s) uses the data folder %s: stop it, or %s",
				strings.TrimSpace(string(holder)), dir, remedy)
		}
		return nil, fmt.Errorf("the data folder %s cannot be locked: %w: %s", dir, err, remedy)
	}
	if err := errors.Join(file.Truncate(0), writePID(file)); err != nil {
		return nil, errors.Join(fmt.Errorf("the data folder cannot be written: %w: %s", err, remedy), file.Close())
	}
	return file, nil
}

func writePID(file *os.File) error {
	_, err := fmt.Fprintf(file, "%d\n", os.Getpid())
	return err
}
