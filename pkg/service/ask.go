package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// askTimeout is for the whole answer; a HEALTHCHECK must allow for more.
const askTimeout = 2 * time.Second

// limit is how much of what is wrong is read, in bytes.
const limit = 1 << 10

// Ask lets a program ask its own running self whether it is well: a container's
// HEALTHCHECK needs somebody to ask, and an image of one static program has no shell
// and no wget. It returns nil if whoever listens at an address answers a path with 200, and
// otherwise what is wrong. The address is the one to listen on, as in ":9090": one
// without a host, or of every interface, is asked on the loopback.
func Ask(ctx context.Context, listen, path string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("nobody can be asked at %q: %w", listen, err)
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return err
	}
	// Not by a proxy that the environment names: it would look for us elsewhere.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	said, err := io.ReadAll(io.LimitReader(res.Body, limit))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s: %s", res.Status, bytes.TrimSpace(said))
	}
	return nil
}
