package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dev-portal/dev-portal/pkg/devstack"
)

// rolePrefix begins the first argument of a process that this program started
// of itself. Such a process prints its URL when it is ready.
const rolePrefix = "role="

// role starts this program once more, as a part that is not measured through
// its own process otherwise, and returns the URL that it prints.
func (p *portal) role(name string, args ...string) (url string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self, append([]string{rolePrefix + name}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	p.add(name, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("start %s: %w", name, err)
	}
	return strings.TrimSpace(line), nil
}

func playRole(name string, args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	signal.Ignore(os.Interrupt) // the terminal sends it to all; the first process decides
	switch strings.TrimPrefix(name, rolePrefix) {
	case "nats":
		srv, err := devstack.StartNATS(ctx, devstack.NATSConfig{Addr: "127.0.0.1:0", Dir: args[0]})
		if err != nil {
			return err
		}
		defer srv.Close()
		fmt.Println(srv.URL())
		<-ctx.Done()
		return nil
	case "postgres":
		pg, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: args[0]})
		if err != nil {
			return err
		}
		fmt.Println(pg.URL())
		<-ctx.Done()
		return pg.Close()
	case "target":
		return serveTarget(ctx)
	case "loop":
		return bareLoop(ctx, args[0], args[1])
	}
	return fmt.Errorf("no such role: %s", name)
}

// targetPorts is how many ports a target has: each is a host of its own to a
// worker, which asks few at once of the same one.
const targetPorts = 250

// serveTarget is what is probed, by the portal and by the bare loop alike. It
// prints its base URLs, with commas between.
func serveTarget(ctx context.Context) error {
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	var (
		urls []string
		g    errgroup.Group
	)
	for range targetPorts {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return errors.Join(err, srv.Close(), g.Wait())
		}
		urls = append(urls, "http://"+ln.Addr().String())
		g.Go(func() error { return srv.Serve(ln) })
	}
	fmt.Println(strings.Join(urls, ","))
	if err := g.Wait(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bareLoop asks the targets count times, as simply as net/http lets one do what
// a probe does: a connection for each request, the body read.
func bareLoop(ctx context.Context, targets, count string) error {
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var left, failed atomic.Int64
	left.Store(n)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := left.Add(-1); i >= 0; i = left.Add(-1) {
				resp, err := client.Get(address(targets, int(i)))
				if err != nil {
					failed.Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
	wg.Wait()
	fmt.Println(failed.Load())
	<-ctx.Done() // its CPU time is read while it is there
	return nil
}
