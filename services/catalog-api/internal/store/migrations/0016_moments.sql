-- +goose Up

-- When services fell, whichever they are.
CREATE INDEX spans_since ON spans (since);

-- From when on the trail has every change of services; no row: since ever.
CREATE TABLE trail_begin (
    one boolean     NOT NULL DEFAULT true CONSTRAINT trail_begin_pkey PRIMARY KEY,
    at  timestamptz NOT NULL,

    CONSTRAINT trail_begin_one CHECK (one)
);

-- What was there when this began to be noted.
INSERT INTO trail_begin (at)
SELECT coalesce(min(at), now()) FROM audit WHERE kind = 'service'
HAVING min(at) IS NOT NULL OR EXISTS (SELECT FROM services);

-- +goose StatementBegin
CREATE FUNCTION note_trail_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO trail_begin (at)
    SELECT max(at) FROM gone WHERE kind = 'service' HAVING max(at) IS NOT NULL
    ON CONFLICT (one) DO UPDATE SET at = greatest(trail_begin.at, excluded.at);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER note_trail_begin AFTER DELETE ON audit REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION note_trail_begin();
