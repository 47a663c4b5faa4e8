package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// natsStartTimeout is generous: a large store is read before the server is ready.
	natsStartTimeout = 60 * time.Second

	// natsSyncInterval limits the messages that a power failure may lose. A killed
	// process loses none at any value: each message is passed to the kernel before it
	// is acknowledged. SyncAlways would make every probe wait for the disk, only to
	// protect data that catalog-api publishes again from Postgres.
	natsSyncInterval = 5 * time.Second
)

// NATSConfig says where a NATS server listens and keeps its data.
type NATSConfig struct {
	// Addr is host:port. Port 0 chooses a free one, which URL returns.
	Addr string

	// Dir holds the streams. It is created if it is missing.
	Dir string

	// Rules is a NATS configuration, of which accounts and permissions are used: the
	// fields here override its addresses and folders. Empty: every client may do
	// everything.
	Rules string

	// NoName is the user of clients that name none; it must be one of Rules. Empty:
	// with Rules, such clients are refused.
	NoName string

	// Restart restarts the server, at the same address and on the same streams,
	// when it can no longer store messages and the folder is writable again: by
	// itself it never recovers from a full disk.
	Restart bool

	// Log gets the server's log; nil discards it.
	Log *slog.Logger
}

// NATS is a NATS server with JetStream, inside this process.
type NATS struct {
	cfg    NATSConfig
	url    string
	server *server.Server // owned by supervise until done is closed

	stop context.CancelFunc
	done chan struct{}
}

// StartNATS starts a server and returns when it accepts connections. If the address is
// in use, the error wraps syscall.EADDRINUSE.
func StartNATS(ctx context.Context, cfg NATSConfig) (*NATS, error) {
	cfg.Log = orDiscard(cfg.Log)
	srv, err := startNATS(ctx, cfg)
	if err != nil {
		return nil, err
	}
	supervised, stop := context.WithCancel(context.WithoutCancel(ctx))
	n := &NATS{cfg: cfg, url: srv.ClientURL(), server: srv, stop: stop, done: make(chan struct{})}
	n.cfg.Addr = srv.Addr().String() // for restarts, if the port was 0
	go n.supervise(supervised)
	return n, nil
}

// startNATS starts a server. If it fails, it leaves nothing running.
func startNATS(ctx context.Context, cfg NATSConfig) (*server.Server, error) {
	opts, err := natsOptions(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	log := &natsLog{log: cfg.Log, fatal: make(chan string, 1)}
	srv.SetLoggerV2(log, false, false, false)

	ready := make(chan bool, 1)
	go func() {
		srv.Start()
		ready <- srv.ReadyForConnections(natsStartTimeout)
	}()
	select {
	case ok := <-ready:
		err = log.failed()
		if err == nil && !ok {
			err = fmt.Errorf("not ready after %s", natsStartTimeout)
		}
	case reason := <-log.fatal:
		err = errors.New(reason)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		shutdown(srv)
		return nil, fmt.Errorf("nats on %s: %w", cfg.Addr, err)
	}
	return srv, nil
}

// URL returns the URL for clients.
func (n *NATS) URL() string { return n.url }

// Close stops the server, and returns when its streams are on disk.
func (n *NATS) Close() {
	n.stop()
	<-n.done
	shutdown(n.server)
}

func shutdown(srv *server.Server) {
	srv.Shutdown()
	srv.WaitForShutdown()
}

// natsOptions returns the server's options. It fails if the address can't be listened
// on, because the server reports a port in use only in its log.
func natsOptions(ctx context.Context, cfg NATSConfig) (*server.Options, error) {
	host, service, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(service)
	if err != nil {
		return nil, fmt.Errorf("port %q is not a number", service)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program: %w", cfg.Addr, syscall.EADDRINUSE)
	}
	if err != nil {
		return nil, err
	}
	if err := ln.Close(); err != nil {
		return nil, err
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	opts := &server.Options{}
	if cfg.Rules != "" {
		if err := opts.ProcessConfigString(cfg.Rules); err != nil {
			return nil, fmt.Errorf("its rules: %w", err)
		}
	}
	opts.ServerName = "dev-portal"
	opts.Host, opts.Port, opts.HTTPPort = host, port, 0
	opts.JetStream, opts.StoreDir, opts.SyncInterval = true, cfg.Dir, natsSyncInterval
	opts.NoAuthUser = cfg.NoName
	opts.NoSigs = true // signals belong to main
	return opts, nil
}

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}
