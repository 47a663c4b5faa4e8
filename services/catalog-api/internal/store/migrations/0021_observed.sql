-- +goose Up

-- Which services were seen calling which others. Rows of services that are gone stay until they are forgotten: a
-- service may be restored.
CREATE TABLE observed_calls (
    client_id  uuid             NOT NULL,
    server_id  uuid             NOT NULL,
    per_minute double precision NOT NULL,
    first_seen timestamptz      NOT NULL,
    last_seen  timestamptz      NOT NULL,
    hidden     boolean          NOT NULL DEFAULT false,

    CONSTRAINT observed_calls_pkey PRIMARY KEY (client_id, server_id),
    CONSTRAINT observed_calls_of_two CHECK (client_id <> server_id)
);

CREATE INDEX observed_calls_server_id ON observed_calls (server_id);
CREATE INDEX observed_calls_last_seen ON observed_calls (last_seen);

-- One row, which grows with each change of observed_calls. Who changes those locks it first.
CREATE TABLE observed_revision (revision bigint NOT NULL);
INSERT INTO observed_revision VALUES (0);

-- Traces write "payments-db" where people write "Payments DB".
CREATE INDEX services_spoken_key ON services (translate(name_key, ' -_./', ''));
