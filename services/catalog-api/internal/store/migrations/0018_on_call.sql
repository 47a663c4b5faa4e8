-- +goose Up

-- Who is on call for a team. The version before goes on writing teams, and leaves both as they are.
ALTER TABLE teams
    ADD COLUMN on_call      jsonb,
    ADD COLUMN calendar_url text NOT NULL DEFAULT '';

-- What was read last of the calendars that say who is on call.
CREATE TABLE team_calendars (
    slug         text        NOT NULL COLLATE "C" CONSTRAINT team_calendars_pkey PRIMARY KEY
                             CONSTRAINT team_calendars_slug_fkey REFERENCES teams ON DELETE CASCADE,
    url          text        NOT NULL,
    read_at      timestamptz,
    problem      text        NOT NULL,
    covers_until timestamptz,
    shifts       jsonb       NOT NULL
);
