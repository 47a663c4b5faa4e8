-- +goose Up
CREATE TABLE sessions (
    token          bytea       NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    data           jsonb       NOT NULL,
    expires_at     timestamptz NOT NULL,
    checking_until timestamptz,

    who     text   NOT NULL GENERATED ALWAYS AS (data -> 'session' ->> 'who') STORED,
    version bigint NOT NULL GENERATED ALWAYS AS ((data -> 'session' ->> 'version')::bigint) STORED
);

CREATE INDEX sessions_who ON sessions (who);
CREATE INDEX sessions_expires_at ON sessions (expires_at);
