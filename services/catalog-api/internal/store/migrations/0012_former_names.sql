-- +goose Up

-- The names that services had. Links by them lead to the services, unless others have them now.
CREATE TABLE former_names (
    name_key   text        NOT NULL COLLATE "C",
    service_id uuid        NOT NULL,
    until      timestamptz NOT NULL,

    CONSTRAINT former_names_pkey PRIMARY KEY (name_key, service_id)
);

CREATE INDEX former_names_service_id ON former_names (service_id);

-- +goose StatementBegin
CREATE FUNCTION note_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO former_names (name_key, service_id, until) VALUES (OLD.name_key, OLD.id, clock_timestamp())
    ON CONFLICT ON CONSTRAINT former_names_pkey DO UPDATE SET until = excluded.until;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER note_name AFTER UPDATE OF name_key ON services FOR EACH ROW
    WHEN (OLD.name_key <> NEW.name_key) EXECUTE FUNCTION note_name();
