-- +goose Up

-- Times are UTC and come from the application. Texts that are not set are
-- empty, so that a comparison never meets a null.
CREATE TABLE services (
    id              uuid        NOT NULL CONSTRAINT services_pkey PRIMARY KEY,
    name            text        NOT NULL,
    name_key        text        NOT NULL COLLATE "C" CONSTRAINT services_name_key UNIQUE,
    description     text        NOT NULL,
    team            text        NOT NULL,
    status_url      text        NOT NULL,
    docs_url        text        NOT NULL,
    github_url      text        NOT NULL,
    dashboard_url   text        NOT NULL,
    tags            text[]      NOT NULL,
    search_text     text        NOT NULL,
    probe_interval  text        NOT NULL,
    version         bigint      NOT NULL,
    status          text        NOT NULL,
    status_since    timestamptz NOT NULL,
    status_reason   text        NOT NULL,
    http_status     integer     NOT NULL,
    latency_ms      bigint      NOT NULL,
    last_checked_at timestamptz,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT services_status_known CHECK (status IN ('healthy', 'degraded', 'down', 'unknown'))
) WITH (fillfactor = 70); -- room beside each row: a probe's update then touches no index

-- What is to be published, in the order of each service. A row goes when NATS
-- has confirmed it.
CREATE TABLE outbox (
    id         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
    service_id uuid        NOT NULL,
    subject    text        NOT NULL,
    header     jsonb       NOT NULL,
    data       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
