package devtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Disk is a small file system in memory, which a test can fill.
type Disk struct {
	// Dir is its root, writable by the user who runs the test.
	Dir string

	tb testing.TB
}

// NewDisk mounts a disk of size bytes until the test ends. That needs root, or sudo
// without a password; otherwise the test fails.
func NewDisk(tb testing.TB, size int) *Disk {
	tb.Helper()
	dir := tb.TempDir()
	options := fmt.Sprintf("size=%d,mode=0755,uid=%d,gid=%d", size, os.Getuid(), os.Getgid())
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options)
	if errors.Is(err, syscall.EPERM) {
		err = sudo(tb, "mount", "-t", "tmpfs", "-o", options, "tmpfs", dir)
	}
	if err != nil {
		tb.Fatalf("devtest: this test fills a disk of its own, and may not mount one here (%v): run it as root, or with sudo", err)
	}
	tb.Cleanup(func() {
		err := syscall.Unmount(dir, syscall.MNT_DETACH)
		if errors.Is(err, syscall.EPERM) {
			err = sudo(tb, "umount", "--lazy", dir)
		}
		if err != nil {
			tb.Errorf("devtest: unmount %s: %v", dir, err)
		}
	})
	return &Disk{Dir: dir, tb: tb}
}

func sudo(tb testing.TB, command ...string) error {
	out, err := exec.CommandContext(tb.Context(), "sudo", append([]string{"-n"}, command...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("sudo %s: %w: %s", command[0], err, out)
	}
	return nil
}

// Fill uses up all free space, to the last byte, until Free.
func (d *Disk) Fill() {
	d.tb.Helper()
	file, err := os.OpenFile(d.ballast(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		d.tb.Fatalf("devtest: fill the disk: %v", err)
	}
	for chunk := make([]byte, 64<<10); err == nil; {
		_, err = file.Write(chunk)
	}
	if err := file.Close(); err != nil {
		d.tb.Fatalf("devtest: fill the disk: %v", err)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		d.tb.Fatalf("devtest: fill the disk: %v, want %v", err, syscall.ENOSPC)
	}
}

// Free releases the space that Fill used up.
func (d *Disk) Free() {
	d.tb.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.tb.Fatalf("devtest: free the disk: %v", err)
	}
}

func (d *Disk) ballast() string { return filepath.Join(d.Dir, "ballast") }
