-- +goose Up

-- When the next result of a service is to be expected where its host is too busy
-- to be probed each interval (0: it isn't), and the slot of the last result.
ALTER TABLE services
    ADD COLUMN probe_round_ms  bigint      NOT NULL DEFAULT 0,
    ADD COLUMN last_planned_at timestamptz;
