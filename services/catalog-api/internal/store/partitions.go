package store

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// aheadDays is for how many days partitions of probes are made ahead. Results of other days
// go to probes_other.
const aheadDays = 3

// A partition is one of a partitioned table: named by the day that it begins with.
type partition struct {
	table string
	begin time.Time // a day of UTC
}

func (p partition) name() string { return p.table + p.begin.Format("_20060102") }

// end is when it ends: the partitions of days have a month, all others a day.
func (p partition) end() time.Time {
	if p.table == "days" {
		return p.begin.AddDate(0, 1, 0)
	}
	return p.begin.AddDate(0, 0, 1)
}

// dayOf returns the partition of a table that has the day.
func dayOf(table string, day time.Time) partition {
	day = day.UTC().Truncate(history.Day)
	if table == "days" {
		day = day.AddDate(0, 0, 1-day.Day())
	}
	return partition{table, day}
}

// lockTimeout is in front of statements that lock a whole table: those who use it must not
// queue behind one that waits for a long transaction.
const lockTimeout = `SET LOCAL lock_timeout = '2s'; `

// makePartition makes a partition unless it is there, or another replica makes it now. It does
// nothing if its rows have gone to the default partition meanwhile.
func (s *Store) makePartition(ctx context.Context, p partition) error {
	_, err := s.bulk.db.ExecContext(ctx, lockTimeout+fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s PARTITION OF %s FOR VALUES FROM ('%s') TO ('%s')`,
		p.name(), p.table, p.begin.Format(time.RFC3339), p.end().Format(time.RFC3339)))
	if err != nil && pq.As(err, pqerror.CheckViolation, pqerror.UniqueViolation, pqerror.DuplicateTable) == nil {
		return fmt.Errorf("make partition %s: %w", p.name(), domainError(err))
	}
	return nil
}

// preparePartitions makes the partitions into which results go from now on.
func (s *Store) preparePartitions(ctx context.Context, now time.Time) error {
	there, err := s.partitions(ctx, "probes")
	if err != nil {
		return err
	}
	for day := -1; day <= aheadDays; day++ {
		if p := dayOf("probes", now.AddDate(0, 0, day)); !there[p] {
			if err := s.makePartition(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// partitions returns those of a table that are there, but for the default one.
func (s *Store) partitions(ctx context.Context, table string) (map[partition]bool, error) {
	const query = `SELECT right(inhrelid::regclass::text, 8) FROM pg_inherits WHERE inhparent = $1::regclass AND inhrelid::regclass::text ~ '_\d{8}$'`
	var days []string
	if err := s.bulk.db.SelectContext(ctx, &days, query, table); err != nil {
		return nil, fmt.Errorf("read the partitions of %s: %w", table, domainError(err))
	}
	there := make(map[partition]bool, len(days))
	for _, text := range days {
		day, err := time.Parse("20060102", text)
		if err != nil {
			return nil, fmt.Errorf("read the partitions of %s: %w", table, err)
		}
		there[partition{table, day}] = true
	}
	return there, nil
}

// dropPartitions drops those of a table that end before a time.
func (s *Store) dropPartitions(ctx context.Context, table string, before time.Time) (dropped int, err error) {
	there, err := s.partitions(ctx, table)
	if err != nil {
		return 0, err
	}
	for p := range there {
		if p.end().After(before) {
			continue
		}
		if _, err := s.bulk.db.ExecContext(ctx, lockTimeout+`DROP TABLE IF EXISTS `+p.name()); err != nil {
			return dropped, fmt.Errorf("drop partition %s: %w", p.name(), domainError(err))
		}
		dropped++
	}
	return dropped, nil
}
