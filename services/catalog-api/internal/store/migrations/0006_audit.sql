-- +goose Up
CREATE TABLE audit (
    seq        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_pkey PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor_kind text        NOT NULL,
    actor_id   text        NOT NULL,
    actor_name text        NOT NULL,
    address    text        NOT NULL,
    request_id text        NOT NULL,
    deed       text        NOT NULL,
    kind       text        NOT NULL,
    thing_id   text        NOT NULL,
    thing_name text        NOT NULL,
    changes    jsonb       NOT NULL
);

CREATE INDEX audit_thing ON audit (kind, thing_id, seq);
CREATE INDEX audit_at ON audit (at);
