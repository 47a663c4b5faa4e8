//go:build !linux

package devstack

import "syscall"

// dieWithUs can do nothing here: the next start stops what a killed one left.
func dieWithUs(*syscall.SysProcAttr) {}
