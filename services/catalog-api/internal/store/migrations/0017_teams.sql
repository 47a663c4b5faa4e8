-- +goose Up

-- Those who own services. Services name them by their name, in the column team. The teams
-- that services name already are added by AdoptTeams, when the portal starts.
CREATE TABLE teams (
    slug        text        NOT NULL COLLATE "C" CONSTRAINT teams_pkey PRIMARY KEY,
    name        text        NOT NULL,
    name_key    text        NOT NULL COLLATE "C" CONSTRAINT teams_name_key UNIQUE,
    description text        NOT NULL,
    chat_url    text        NOT NULL,
    email       text        NOT NULL,
    page_url    text        NOT NULL,
    docs_url    text        NOT NULL,
    version     bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
