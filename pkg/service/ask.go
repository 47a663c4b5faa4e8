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

// askTimeout limits the whole request; a HEALTHCHECK must allow more.
const askTimeout = 2 * time.Second

// maxReply is how much of an error reply is read, in bytes.
const maxReply = 1 << 10

// Ask requests path from the server that listens on an address. It returns nil if the
// server replies with 200, and otherwise an error with the reply. By it a program can be
// its own container's HEALTHCHECK, as an image of one static program has no shell and no
// wget. The address is the one to listen on, as in ":9090": without a host, or for every
// interface, the loopback interface is asked.
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
	// Without the environment's proxy, which can't reach this loopback interface.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	reply, err := io.ReadAll(io.LimitReader(res.Body, maxReply))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s: %s", res.Status, bytes.TrimSpace(reply))
	}
	return nil
}
