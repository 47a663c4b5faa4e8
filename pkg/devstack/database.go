package devstack

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

// ensureDatabase creates a database unless the cluster has it.
func ensureDatabase(ctx context.Context, adminURL, name string) (err error) {
	const query = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`

	db, err := sql.Open("postgres", adminURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var exists bool
	if err := db.QueryRowContext(ctx, query, name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %q: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := db.ExecContext(ctx, `CREATE DATABASE `+pq.QuoteIdentifier(name)+` TEMPLATE template0`); err != nil {
		return fmt.Errorf("create database %q: %w", name, err)
	}
	return nil
}
