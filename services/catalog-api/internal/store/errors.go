package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// domainError says in the catalogue's words what Postgres said in its own. What
// it has said already stays as it is.
func domainError(err error) error {
	switch {
	case err == nil || errors.Is(err, catalog.ErrUnavailable):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return catalog.ErrNotFound
	}
	if e := pq.As(err, pqerror.UniqueViolation); e != nil && e.Constraint == "services_name_key" {
		return catalog.ErrNameTaken
	}
	switch {
	case pq.As(err, pqerror.DiskFull) != nil:
		return fmt.Errorf("%w: %w", catalog.ErrStorageFull, err)
	case pq.As(err, pqerror.ReadOnlySQLTransaction) != nil:
		return fmt.Errorf("%w: %w", catalog.ErrReadOnly, err)
	case unavailable(err):
		return fmt.Errorf("%w: %w", catalog.ErrUnavailable, err)
	}
	return err
}

// unavailable tells a database that can't be used just now from one that refuses
// what it was asked to do.
func unavailable(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code.Class() {
		// Beside what is transient: it lets us in no longer, or is not there.
		case "28", "3D":
			return true
		}
	}
	return transient(err)
}

// transient is true for what may be over at the next try: the database can't be
// reached, is just stopping or starting, lacks resources, or ended our
// transaction in favour of another.
func transient(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code.Class() {
		// Connection, rolled back, resources, not now, operator intervention, system error.
		case "08", "40", "53", "55", "57", "58":
			return true
		}
		return false
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone)
}

// ignoreNotFound is for what may be gone by the time it is looked at.
func ignoreNotFound(err error) error {
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	return err
}
