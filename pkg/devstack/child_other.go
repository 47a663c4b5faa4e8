//go:build !linux

package devstack

import "syscall"

// stopWithParent does nothing on this system: the next start stops an orphaned server.
func stopWithParent(*syscall.SysProcAttr) {}
