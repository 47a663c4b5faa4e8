-- +goose Up

-- What became of links of services when they were checked last, by the SHA-256 of their URLs: an index takes no
-- URL that is as long as they may be.
CREATE TABLE links (
    digest      bytea       NOT NULL,
    checked_at  timestamptz NOT NULL,
    problem     text        NOT NULL,
    http_status integer     NOT NULL,
    failures    integer     NOT NULL,

    CONSTRAINT links_pkey PRIMARY KEY (digest)
);
