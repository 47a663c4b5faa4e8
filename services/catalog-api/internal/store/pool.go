package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// pool is a pool of connections to the database.
type pool struct{ db *sqlx.DB }

// limits are the limits of a pool.
type limits struct {
	connections int
	ioTimeout   time.Duration // of each read and write on a connection; 0: none
}

// openPool makes a pool without connecting. Its error never contains the URL.
func openPool(url string, l limits) (pool, error) {
	connector, err := pq.NewConnector(url)
	if err != nil {
		// err contains a URL that can't be parsed, with its password.
		return pool{}, errors.New("the database URL is not valid: it must look like postgres://user:password@host:5432/name")
	}
	if l.ioTimeout > 0 {
		connector.Dialer(timeoutDialer{ioTimeout: l.ioTimeout})
	}
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	db.SetMaxOpenConns(l.connections)
	db.SetMaxIdleConns(l.connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return pool{db}, nil
}

// inTx runs fn in a transaction, and commits it if fn returns nil. It returns errors
// of package catalog, by domainError.
func (p pool) inTx(ctx context.Context, fn func(*sqlx.Tx) error) (err error) {
	tx, err := p.db.BeginTxx(ctx, nil)
	if err != nil {
		return domainError(err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // err says more
		}
	}()
	if err := fn(tx); err != nil {
		return domainError(err)
	}
	err = tx.Commit()
	if _, refused := errors.AsType[*pq.Error](err); err != nil && !refused && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", catalog.ErrInDoubt, err) // the commit may have succeeded, and only its answer been lost
	}
	return domainError(err)
}

// inSnapshot reads with all of fn's queries seeing the same.
func (p pool) inSnapshot(ctx context.Context, fn func(*sqlx.Tx) error) error {
	tx, err := p.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return domainError(err)
	}
	defer func() { _ = tx.Rollback() }() // it has changed nothing
	return fn(tx)
}

// timeoutDialer makes connections on which a server that hangs causes an error.
// The driver alone would wait for its answer even after the context has ended.
type timeoutDialer struct {
	net.Dialer

	ioTimeout time.Duration
}

// Dial implements pq.Dialer.
func (d timeoutDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer.
func (d timeoutDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext implements pq.DialerContext.
func (d timeoutDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.ioTimeout)
	defer cancel()
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return timeoutConn{conn, d.ioTimeout}, nil
}

// timeoutConn fails if the other side neither sends nor receives for too long. Idle
// connections don't fail, because the driver reads only while it waits for an answer.
type timeoutConn struct {
	net.Conn

	ioTimeout time.Duration
}

func (c timeoutConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.ioTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c timeoutConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.ioTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
