package devtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// The range of FreeAddr's ports. It lies below the systems' ephemeral ports, which
// listeners on port 0 and connections get.
const (
	firstPort = 20_000
	ports     = 10_000
)

// offered counts the ports tried. Each process starts at another port of the range.
var offered atomic.Uint32

// FreeAddr returns an address, host:port on the loopback interface, for a server that
// a test starts as another program, or restarts. Unlike a port found by listening on
// port 0, it is not given to another test by chance while nobody listens there.
func FreeAddr() (string, error) {
	for range ports {
		port := firstPort + (uint32(os.Getpid())*7919+offered.Add(1))%ports
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("devtest: %w", err)
		}
		return addr, ln.Close()
	}
	return "", fmt.Errorf("devtest: all ports from %d to %d are taken", firstPort, firstPort+ports-1)
}
