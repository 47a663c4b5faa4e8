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

// The ports of FreeAddr. They lie below those that systems choose from for
// listeners on port 0 and for connections.
const (
	firstPort = 20_000
	ports     = 10_000
)

// offered counts the ports tried. Processes begin far from each other.
var offered atomic.Uint32

// FreeAddr is an address for a server that a test starts by another program, or
// starts again: host:port on the loopback interface. No other test is given it
// by chance while nobody listens there, as one that was found by listening on
// port 0 may be.
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
