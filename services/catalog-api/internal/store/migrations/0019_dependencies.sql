-- +goose Up

-- Which services need which others, as people declared it. Rows of services that are gone stay until
-- those cannot be restored any more; a service that is needed may be gone for good.
CREATE TABLE dependencies (
    service_id uuid     NOT NULL,
    needs_id   uuid     NOT NULL,
    place      smallint NOT NULL,
    kind       text     NOT NULL,
    note       text     NOT NULL,
    name       text     NOT NULL,

    CONSTRAINT dependencies_pkey PRIMARY KEY (service_id, needs_id),
    CONSTRAINT dependencies_kind_known CHECK (kind IN ('hard', 'soft'))
);

CREATE INDEX dependencies_needs_id ON dependencies (needs_id);

-- The transaction that last gave the service its name, or made it: those that need it show that too. Its default is
-- for new rows alone, so that the others need not be written.
ALTER TABLE services ADD COLUMN named xid8 NOT NULL DEFAULT '0';
ALTER TABLE services ALTER COLUMN named SET DEFAULT pg_current_xact_id();

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id();
    IF NEW.name <> OLD.name THEN
        NEW.named := NEW.changed;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- Keeps the last name of a service that others need, whoever deletes it: an older version runs on
-- for a while beside this one.
-- +goose StatementBegin
CREATE FUNCTION note_last_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE dependencies SET name = OLD.name WHERE needs_id = OLD.id AND name <> OLD.name;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER note_last_name AFTER DELETE ON services FOR EACH ROW EXECUTE FUNCTION note_last_name();

-- What was changed or deleted by transactions that are not in the snapshot, and the services that
-- need one which such a transaction renamed, deleted or restored. Where its new name is not in the
-- snapshot, no later change of it is, so that the index on changed finds it.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION list_changes(at pg_snapshot) RETURNS TABLE (id uuid, gone boolean)
    LANGUAGE plpgsql STABLE ROWS 10 SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
        SELECT s.id, false FROM services s
        WHERE s.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(s.changed, at)
        UNION ALL
        SELECT d.id, true FROM deleted_services d
        WHERE d.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(d.changed, at)
        UNION ALL
        SELECT n.service_id, false FROM services s JOIN dependencies n ON n.needs_id = s.id
        WHERE s.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(s.named, at)
        UNION ALL
        SELECT n.service_id, false FROM deleted_services d JOIN dependencies n ON n.needs_id = d.id
        WHERE d.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(d.changed, at);
END $$;
-- +goose StatementEnd
