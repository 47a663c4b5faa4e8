-- +goose Up

-- What the list of services shows anew, for whoever keeps a copy of it: in which
-- transaction each service was last changed, and which ones were deleted. The
-- database notes it itself, so that it holds whoever writes: a replica of the
-- version before, or a person. The transaction and not a count says it, because a
-- count would have to be one writer after the other.
ALTER TABLE services ADD COLUMN changed xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX services_changed ON services (changed);

CREATE TABLE deleted_services (
    id         uuid        NOT NULL CONSTRAINT deleted_services_pkey PRIMARY KEY,
    changed    xid8        NOT NULL DEFAULT pg_current_xact_id(),
    deleted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deleted_services_changed ON deleted_services (changed);
CREATE INDEX deleted_services_deleted_at ON deleted_services (deleted_at);

-- +goose StatementBegin
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id();
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- All that is shown but latency_ms and last_checked_at, which each probe measures
-- anew: the list may have them a little later, and its index is not touched by them.
CREATE TRIGGER note_change BEFORE UPDATE ON services FOR EACH ROW
    WHEN ((OLD.name, OLD.name_key, OLD.description, OLD.team, OLD.status_url, OLD.docs_url, OLD.github_url,
           OLD.dashboard_url, OLD.tags, OLD.probe_interval, OLD.version, OLD.status, OLD.status_since,
           OLD.status_reason, OLD.http_status, OLD.created_at, OLD.updated_at)
          IS DISTINCT FROM
          (NEW.name, NEW.name_key, NEW.description, NEW.team, NEW.status_url, NEW.docs_url, NEW.github_url,
           NEW.dashboard_url, NEW.tags, NEW.probe_interval, NEW.version, NEW.status, NEW.status_since,
           NEW.status_reason, NEW.http_status, NEW.created_at, NEW.updated_at))
    EXECUTE FUNCTION note_change();

-- A copy that was not looked at for longer than a day is made anew: see deletionsKept.
-- +goose StatementBegin
CREATE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM deleted_services WHERE id IN (
        SELECT id FROM deleted_services WHERE deleted_at < now() - interval '2 days' LIMIT 100 FOR UPDATE SKIP LOCKED
    );
    INSERT INTO deleted_services (id) VALUES (OLD.id)
        ON CONFLICT (id) DO UPDATE SET changed = EXCLUDED.changed, deleted_at = EXCLUDED.deleted_at;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER note_deletion AFTER DELETE ON services FOR EACH ROW EXECUTE FUNCTION note_deletion();

-- What was changed or deleted by transactions that are not in the snapshot. Before its
-- oldest all was decided: the rest is few, and found by the indexes alone. Left to
-- itself the planner expects a third of all services, and reads each of them.
-- +goose StatementBegin
CREATE FUNCTION list_changes(at pg_snapshot) RETURNS TABLE (id uuid, gone boolean)
    LANGUAGE plpgsql STABLE ROWS 10 SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
        SELECT s.id, false FROM services s
        WHERE s.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(s.changed, at)
        UNION ALL
        SELECT d.id, true FROM deleted_services d
        WHERE d.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(d.changed, at);
END $$;
-- +goose StatementEnd
