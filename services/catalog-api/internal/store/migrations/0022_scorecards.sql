-- +goose Up

-- The level of each service, and since when it has it. level_before is '' until it changes for the
-- first time, which no event tells of; told: that the event of the last change was added, and not lost.
CREATE TABLE scorecards (
    service_id   uuid        NOT NULL,
    level        text        NOT NULL,
    level_before text        NOT NULL,
    since        timestamptz NOT NULL,
    told         boolean     NOT NULL,

    CONSTRAINT scorecards_pkey PRIMARY KEY (service_id)
);
