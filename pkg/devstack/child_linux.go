package devstack

import "syscall"

// dieWithUs has the kernel ask the child for a fast shutdown when this process
// is killed and can't.
func dieWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
