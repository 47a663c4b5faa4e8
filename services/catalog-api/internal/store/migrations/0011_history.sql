-- +goose Up

-- The statuses that services had, a row from each change. They are kept for ever.
CREATE TABLE spans (
    service_id  uuid        NOT NULL,
    since       timestamptz NOT NULL,
    status      text        NOT NULL,
    reason      text        NOT NULL,
    http_status integer     NOT NULL,
    location    text        NOT NULL,

    CONSTRAINT spans_pkey PRIMARY KEY (service_id, since)
);

-- What services were when history began.
INSERT INTO spans (service_id, since, status, reason, http_status, location)
SELECT id, now(), status, status_reason, http_status, '' FROM services;

ALTER TABLE services
    ADD COLUMN location    text  NOT NULL DEFAULT '',
    ADD COLUMN measured_at timestamptz,
    ADD COLUMN measured    bytea NOT NULL DEFAULT '';

-- Results by service, some dozens a row, in package history's encoding.
CREATE TABLE probes (
    service_id uuid        NOT NULL,
    at         timestamptz NOT NULL,
    stored_at  timestamptz NOT NULL DEFAULT now(),
    interval   text        NOT NULL,
    data       bytea       NOT NULL,

    CONSTRAINT probes_pkey PRIMARY KEY (service_id, at)
) PARTITION BY RANGE (at);

CREATE TABLE probes_other PARTITION OF probes DEFAULT;

-- The buckets of a service and a day (UTC): 24 of an hour.
CREATE TABLE hours (
    service_id uuid  NOT NULL,
    day        date  NOT NULL,
    data       bytea NOT NULL,

    CONSTRAINT hours_pkey PRIMARY KEY (service_id, day)
) PARTITION BY RANGE (day);

-- The bucket of a service and a day (UTC).
CREATE TABLE days (
    service_id  uuid        NOT NULL,
    through     timestamptz NOT NULL,
    day         date        NOT NULL,
    healthy_ms  integer     NOT NULL,
    degraded_ms integer     NOT NULL,
    down_ms     integer     NOT NULL,
    pieces      smallint    NOT NULL,
    probes      smallint    NOT NULL,
    missed      smallint    NOT NULL,
    awaits      boolean     NOT NULL,
    latency     bytea       NOT NULL,

    CONSTRAINT days_pkey PRIMARY KEY (day, service_id)
) PARTITION BY RANGE (day);

-- +goose StatementBegin
CREATE FUNCTION note_status() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    began  timestamptz := NEW.status_since;
    before spans;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status = NEW.status THEN
            began := NEW.updated_at;
        END IF;
        DELETE FROM spans WHERE service_id = NEW.id AND since > began AND status = 'unknown' AND reason <> 'deleted';
    END IF;
    SELECT * INTO before FROM spans WHERE service_id = NEW.id AND since < began ORDER BY since DESC LIMIT 1;
    IF before.status = NEW.status AND before.reason <> 'deleted' AND (before.reason = 'manual') = (NEW.status_reason = 'manual') THEN
        RETURN NULL;
    END IF;
    SELECT greatest(began, max(since) + interval '1 microsecond') INTO began FROM spans WHERE service_id = NEW.id AND since >= began;
    INSERT INTO spans (service_id, since, status, reason, http_status, location)
    VALUES (NEW.id, began, NEW.status, NEW.status_reason, NEW.http_status, NEW.location);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER note_first_status AFTER INSERT ON services FOR EACH ROW EXECUTE FUNCTION note_status();
CREATE TRIGGER note_status AFTER UPDATE ON services FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR (OLD.status_reason = 'manual') <> (NEW.status_reason = 'manual'))
    EXECUTE FUNCTION note_status();

-- +goose StatementBegin
CREATE FUNCTION note_last_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO spans (service_id, since, status, reason, http_status, location)
    VALUES (OLD.id, clock_timestamp(), 'unknown', 'deleted', 0, '');
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER note_last_status AFTER DELETE ON services FOR EACH ROW EXECUTE FUNCTION note_last_status();

-- +goose Down
