-- +goose Up
CREATE TABLE api_keys (
    id           uuid        NOT NULL CONSTRAINT api_keys_pkey PRIMARY KEY,
    name         text        NOT NULL,
    name_key     text        NOT NULL COLLATE "C" CONSTRAINT api_keys_name_key UNIQUE,
    hash         bytea       NOT NULL CONSTRAINT api_keys_hash_key UNIQUE,
    role         text        NOT NULL,
    teams        text[]      NOT NULL,
    from_file    boolean     NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz,

    CONSTRAINT api_keys_role_known CHECK (role IN ('viewer', 'editor', 'admin'))
);
