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

// pool is connections to the database.
type pool struct{ db *sqlx.DB }

// limits are what a pool may use.
type limits struct {
	connections int
	silence     time.Duration // how long the server may say nothing while it is asked; 0: for ever
}

// openPool connects to nothing yet. Its error never repeats the URL.
func openPool(url string, l limits) (pool, error) {
	connector, err := pq.NewConnector(url)
	if err != nil {
		// The error of a URL that can't be parsed repeats it, password and all.
		return pool{}, errors.New("the database URL is not valid: it must look like postgres://user:password@host:5432/name")
	}
	if l.silence > 0 {
		connector.Dialer(impatientDialer{silence: l.silence})
	}
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	db.SetMaxOpenConns(l.connections)
	db.SetMaxIdleConns(l.connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return pool{db}, nil
}

// inTx runs fn in a transaction, which it commits if fn returns nil. What the
// database says is told in the catalogue's words.
func (p pool) inTx(ctx context.Context, fn func(*sqlx.Tx) error) (err error) {
	tx, err := p.db.BeginTxx(ctx, nil)
	if err != nil {
		return domainError(err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the error that led here says more
		}
	}()
	if err := fn(tx); err != nil {
		return domainError(err)
	}
	err = tx.Commit()
	if _, refused := errors.AsType[*pq.Error](err); err != nil && !refused && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", catalog.ErrInDoubt, err) // only the answer may have been lost
	}
	return domainError(err)
}

// impatientDialer makes connections on which a server that hangs is an error:
// the driver alone would wait for its answer whatever the context says.
type impatientDialer struct {
	net.Dialer

	silence time.Duration
}

// Dial implements pq.Dialer.
func (d impatientDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer.
func (d impatientDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext implements pq.DialerContext.
func (d impatientDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.silence)
	defer cancel()
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return impatientConn{conn, d.silence}, nil
}

// impatientConn fails where the other side neither sends nor takes anything for
// too long. The driver reads only while it waits for an answer.
type impatientConn struct {
	net.Conn

	silence time.Duration
}

func (c impatientConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c impatientConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
