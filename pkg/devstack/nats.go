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

	// natsSyncInterval bounds what a power failure may take from the streams. A
	// killed process loses nothing at any value: each message is handed to the
	// kernel before it is acknowledged. SyncAlways would make every probe wait for
	// the disk, to protect what catalog-api publishes again from Postgres anyway.
	natsSyncInterval = 5 * time.Second
)

// NATSConfig says where a NATS server listens and keeps its data.
type NATSConfig struct {
	// Addr is host:port. Port 0 takes a free one: ask URL which.
	Addr string

	// Dir holds the streams. It is made if it is missing.
	Dir string

	// Log hears what the server says; nil: nobody does.
	Log *slog.Logger
}

// NATS is a NATS server with JetStream, inside this process.
type NATS struct {
	server *server.Server
}

// StartNATS returns when the server accepts connections. An address that is taken
// is an error that wraps syscall.EADDRINUSE.
func StartNATS(ctx context.Context, cfg NATSConfig) (*NATS, error) {
	opts, err := natsOptions(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	log := &natsLog{log: orDiscard(cfg.Log), fatal: make(chan string, 1)}
	srv.SetLoggerV2(log, false, false, false)

	n := &NATS{server: srv}
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
		n.Close()
		return nil, fmt.Errorf("nats on %s: %w", cfg.Addr, err)
	}
	return n, nil
}

// URL is how a client connects.
func (n *NATS) URL() string { return n.server.ClientURL() }

// Close stops the server, and returns when its streams are on disk.
func (n *NATS) Close() {
	n.server.Shutdown()
	n.server.WaitForShutdown()
}

// natsOptions also tries the address: the server itself reports a taken port
// only in its log.
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
	return &server.Options{
		ServerName:   "dev-portal",
		Host:         host,
		Port:         port,
		JetStream:    true,
		StoreDir:     cfg.Dir,
		SyncInterval: natsSyncInterval,
		NoSigs:       true, // signals belong to main
	}, nil
}

func orDiscard(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}
