package standalone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen opens an address. Its error names the flag for another address.
func listen(ctx context.Context, flag, addr string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program: choose another address with %s", addr, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w: choose another address with %s", addr, err, flag)
	}
	return ln, nil
}
