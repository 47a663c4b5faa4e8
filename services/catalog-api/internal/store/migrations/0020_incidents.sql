-- +goose Up

-- The root causes that events told of, each with a digest of what was told; an empty one: tell it again.
CREATE TABLE incidents (
    service_id uuid  NOT NULL,
    name       text  NOT NULL,
    team       text  NOT NULL,
    told       bytea NOT NULL,

    CONSTRAINT incidents_pkey PRIMARY KEY (service_id)
);
