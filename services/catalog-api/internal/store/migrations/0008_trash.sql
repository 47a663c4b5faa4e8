-- +goose Up
CREATE TABLE trash (
    id         uuid        NOT NULL CONSTRAINT trash_pkey PRIMARY KEY,
    deleted_at timestamptz NOT NULL,
    service    jsonb       NOT NULL
);

CREATE INDEX trash_deleted_at ON trash (deleted_at);
