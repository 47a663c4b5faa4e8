-- +goose Up
CREATE TABLE deployments (
    id          uuid        NOT NULL CONSTRAINT deployments_pkey PRIMARY KEY,
    service_id  uuid        NOT NULL,
    at          timestamptz NOT NULL,
    action      text        NOT NULL,
    version     text        NOT NULL,
    environment text        NOT NULL,
    url         text        NOT NULL,
    deployed_by text        NOT NULL,
    actor_kind  text        NOT NULL,
    actor_id    text        NOT NULL,
    actor_name  text        NOT NULL,
    told_at     timestamptz NOT NULL,
    told_key    text        NOT NULL,

    CONSTRAINT deployments_told_key UNIQUE (service_id, told_key)
);

CREATE INDEX deployments_service_id_at ON deployments (service_id, at);
CREATE INDEX deployments_at ON deployments (at);
