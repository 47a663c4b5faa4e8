-- +goose Up

-- What the forge said last that a service links to.
CREATE TABLE release_sources (
    service_id uuid        NOT NULL CONSTRAINT release_sources_pkey PRIMARY KEY,
    github_url text        NOT NULL,
    checked_at timestamptz NOT NULL,
    problem    text        NOT NULL,
    read       boolean     NOT NULL
);

-- The releases in the repository that a service links to.
CREATE TABLE releases (
    service_id   uuid        NOT NULL,
    tag          text        NOT NULL,
    title        text        NOT NULL,
    url          text        NOT NULL,
    author       text        NOT NULL,
    published_at timestamptz NOT NULL,
    prerelease   boolean     NOT NULL,
    notes        jsonb       NOT NULL,
    notes_cut    boolean     NOT NULL,

    CONSTRAINT releases_pkey PRIMARY KEY (service_id, tag)
);

CREATE INDEX releases_published_at ON releases (service_id, published_at);
