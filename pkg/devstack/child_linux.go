package devstack

import "syscall"

// stopWithParent has the kernel send the child SIGINT, which requests a fast shutdown,
// when this process is killed.
func stopWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
