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

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// nameOf has the kind whose names each constraint keeps unique.
var nameOf = map[string]events.Kind{"services_name_key": events.KindService, "teams_name_key": events.KindTeam, "api_keys_name_key": apikey.Kind}

// domainError translates an error of Postgres into one of package catalog. It
// returns any other error, and one that is translated already, unchanged.
func domainError(err error) error {
	switch {
	case err == nil || errors.Is(err, catalog.ErrUnavailable):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return catalog.ErrNotFound
	}
	if e := pq.As(err, pqerror.UniqueViolation); e != nil && nameOf[e.Constraint] != "" {
		return &catalog.KindError{Kind: nameOf[e.Constraint], Err: catalog.ErrNameTaken}
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

// ofKind adds the kind to an error about a thing.
func ofKind(kind events.Kind, err error) error {
	if errors.Is(err, catalog.ErrNotFound) || errors.Is(err, catalog.ErrVersionMismatch) {
		return &catalog.KindError{Kind: kind, Err: err}
	}
	return err
}

// unavailable reports whether err means that the database can't be used now,
// rather than that it refused a statement.
func unavailable(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code.Class() {
		// Not transient: it refuses our login (28), or does not exist (3D).
		case "28", "3D":
			return true
		}
	}
	return transient(err)
}

// transient reports whether the next try may succeed: the database can't be
// reached, is stopping or starting, lacks resources, or rolled our transaction
// back in favour of another.
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

// ignoreNotFound drops catalog.ErrNotFound, for things that may be deleted meanwhile.
func ignoreNotFound(err error) error {
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	return err
}
