-- The database as the migrations leave it: for people to read. A test compares the two.
-- catalog-api owns it, and nobody else connects.

-- The services, with the last that was measured of each. Times are UTC and come from the
-- application; texts that are not set are empty.
CREATE TABLE services (
    id              uuid        NOT NULL CONSTRAINT services_pkey PRIMARY KEY,           -- UUIDv7
    name            text        NOT NULL,
    description     text        NOT NULL,
    team            text        NOT NULL,
    status_url      text        NOT NULL,                                                -- what is probed; empty: nothing
    docs_url        text        NOT NULL,
    github_url      text        NOT NULL,
    dashboard_url   text        NOT NULL,
    tags            text[]      NOT NULL,                                                -- in the order given
    probe_interval  text        NOT NULL,                                                -- "1m"
    version         bigint      NOT NULL,                                                -- grows with a client's change, never with a probe
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,                                                -- by a client

    -- Keys, made of the texts by the rules of package catalog.
    name_key        text        NOT NULL COLLATE "C" CONSTRAINT services_name_key UNIQUE, -- the order of lists
    team_key        text        NOT NULL DEFAULT '',
    tag_keys        text[]      NOT NULL DEFAULT '{}',
    search_text     text        NOT NULL,

    -- The status. A probe writes this and no more.
    status          text        NOT NULL,
    status_since    timestamptz NOT NULL,
    status_reason   text        NOT NULL,
    http_status     integer     NOT NULL,                                                -- 0: not answered
    latency_ms      bigint      NOT NULL,                                                -- 0: not answered
    last_checked_at timestamptz,                                                         -- start of the last probe
    last_planned_at timestamptz,                                                         -- slot of the last result
    probe_round_ms  bigint      NOT NULL DEFAULT 0,                                      -- of a busy host; 0: it is not busy
    location        text        NOT NULL DEFAULT '',                                     -- from where it was measured

    -- What of the history is not in probes yet.
    measured_at     timestamptz,                                                         -- of the last result in the history
    measured        bytea       NOT NULL DEFAULT '',                                     -- the results of its day: a history.Piece

    -- The transaction that last changed what lists show, but for what each probe measures.
    changed         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    named           xid8        NOT NULL DEFAULT pg_current_xact_id(),                   -- likewise: that gave it its name, or made it

    CONSTRAINT services_status_known CHECK (status IN ('healthy', 'degraded', 'down', 'unknown'))
) WITH (fillfactor = 70); -- room beside each row: a probe's update touches no index

CREATE INDEX services_changed ON services (changed);
CREATE INDEX services_spoken_key ON services (translate(name_key, ' -_./', ''));         -- traces write "payments-db" where people write "Payments DB"

-- Those who own services, which name them in the column team.
CREATE TABLE teams (
    slug        text        NOT NULL COLLATE "C" CONSTRAINT teams_pkey PRIMARY KEY,      -- "payments"; it never changes
    name        text        NOT NULL,
    name_key    text        NOT NULL COLLATE "C" CONSTRAINT teams_name_key UNIQUE,       -- as services.team_key
    description text        NOT NULL,
    chat_url    text        NOT NULL,
    email       text        NOT NULL,
    page_url    text        NOT NULL,                                                    -- where one calls it for help
    docs_url    text        NOT NULL,
    version     bigint      NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,

    on_call      jsonb,                                                                  -- an oncall.Plan; NULL: nobody says who is
    calendar_url text       NOT NULL DEFAULT ''                                          -- of a plan by a calendar: a secret
);

-- What was read last of the calendars that say who is on call. Nothing of it is shown once the
-- team has another calendar.
CREATE TABLE team_calendars (
    slug         text        NOT NULL COLLATE "C" CONSTRAINT team_calendars_pkey PRIMARY KEY
                             CONSTRAINT team_calendars_slug_fkey REFERENCES teams ON DELETE CASCADE,
    url          text        NOT NULL,                                                   -- that was read
    read_at      timestamptz,                                                            -- by the fetcher's clock; NULL: never
    problem      text        NOT NULL,                                                   -- why it could not be read the last time; empty: it could
    covers_until timestamptz,                                                            -- what begins later is not known
    shifts       jsonb       NOT NULL                                                    -- [{"name": …, "email": …, "from": …, "until": …}], by from
);

-- The statuses that services had, a row from each change: see note_status. They are kept for
-- ever, also of services that are gone.
CREATE TABLE spans (
    service_id  uuid        NOT NULL,
    since       timestamptz NOT NULL,
    status      text        NOT NULL,
    reason      text        NOT NULL,                                                    -- "stale": nobody looked; "deleted": the service was
    http_status integer     NOT NULL,                                                    -- 0: not answered
    location    text        NOT NULL,                                                    -- from where it was measured; empty: it was not

    CONSTRAINT spans_pkey PRIMARY KEY (service_id, since)
);

CREATE INDEX spans_since ON spans (since);                                                -- when services fell, whichever they are

-- The results of probes, some dozens of a service and a day (UTC) a row. They are kept for
-- days, in a partition each. See ADR 10.
CREATE TABLE probes (
    service_id uuid        NOT NULL,
    at         timestamptz NOT NULL,                                                     -- of the last result
    stored_at  timestamptz NOT NULL DEFAULT now(),
    interval   text        NOT NULL,                                                     -- that they had: "1m"
    data       bytea       NOT NULL,                                                     -- a history.Piece

    CONSTRAINT probes_pkey PRIMARY KEY (service_id, at)
) PARTITION BY RANGE (at);

CREATE TABLE probes_other PARTITION OF probes DEFAULT; -- results that come days too late

-- The buckets of a service and a day (UTC): 24, each of an hour. A partition is a day's.
CREATE TABLE hours (
    service_id uuid  NOT NULL,
    day        date  NOT NULL,
    data       bytea NOT NULL,                                                           -- see history.AppendBuckets

    CONSTRAINT hours_pkey PRIMARY KEY (service_id, day)
) PARTITION BY RANGE (day);

-- The bucket of a service and a day (UTC). A partition is a month's.
CREATE TABLE days (
    service_id  uuid        NOT NULL,
    through     timestamptz NOT NULL,                                                    -- the last row of probes that is in it
    day         date        NOT NULL,
    healthy_ms  integer     NOT NULL,                                                    -- observed with each status
    degraded_ms integer     NOT NULL,
    down_ms     integer     NOT NULL,
    pieces      smallint    NOT NULL,                                                    -- rows of probes that are in it
    probes      smallint    NOT NULL,                                                    -- made
    missed      smallint    NOT NULL,
    awaits      boolean     NOT NULL,                                                    -- the next result was not known: it says what was missed
    latency     bytea       NOT NULL,                                                    -- a history.Latency

    CONSTRAINT days_pkey PRIMARY KEY (day, service_id)          -- in the order in which rows come: its pages are full
) PARTITION BY RANGE (day);

-- What came into which environment, as pipelines told. A row is never changed, and goes when
-- it is as old as days are kept.
CREATE TABLE deployments (
    id          uuid        NOT NULL CONSTRAINT deployments_pkey PRIMARY KEY,            -- UUIDv7
    service_id  uuid        NOT NULL,                                                    -- also of one that is gone
    at          timestamptz NOT NULL,                                                    -- when it was deployed
    action      text        NOT NULL,                                                    -- "deployed", "upgraded", "rolledback"
    version     text        NOT NULL,
    environment text        NOT NULL,
    url         text        NOT NULL,
    deployed_by text        NOT NULL,                                                    -- for people; empty: the actor
    actor_kind  text        NOT NULL,                                                    -- of who told it, as in audit
    actor_id    text        NOT NULL,
    actor_name  text        NOT NULL,
    told_at     timestamptz NOT NULL,
    told_key    text        NOT NULL,                                                    -- the same: it was told again

    CONSTRAINT deployments_told_key UNIQUE (service_id, told_key)
);

CREATE INDEX deployments_service_id_at ON deployments (service_id, at);
CREATE INDEX deployments_at ON deployments (at);

-- The root causes that events told of, each with a digest of what was told; an empty one: tell it again.
CREATE TABLE incidents (
    service_id uuid  NOT NULL,
    name       text  NOT NULL,
    team       text  NOT NULL,
    told       bytea NOT NULL,

    CONSTRAINT incidents_pkey PRIMARY KEY (service_id)
);

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

-- The names that services had: links by them lead to the services, unless others have them now.
CREATE TABLE former_names (
    name_key   text        NOT NULL COLLATE "C",
    service_id uuid        NOT NULL,                                                     -- also of one that is deleted, while it can be restored
    until      timestamptz NOT NULL,

    CONSTRAINT former_names_pkey PRIMARY KEY (name_key, service_id)
);

CREATE INDEX former_names_service_id ON former_names (service_id);

-- Which services need which others, as people declared it. Rows of services that are gone stay until
-- those cannot be restored any more. See ADR 15.
CREATE TABLE dependencies (
    service_id uuid     NOT NULL,
    needs_id   uuid     NOT NULL,                                                        -- also of one that is gone for good
    place      smallint NOT NULL,                                                        -- in the order given
    kind       text     NOT NULL,
    note       text     NOT NULL,                                                        -- what for
    name       text     NOT NULL,                                                        -- of the needed one: its last one, once that is gone

    CONSTRAINT dependencies_pkey PRIMARY KEY (service_id, needs_id),
    CONSTRAINT dependencies_kind_known CHECK (kind IN ('hard', 'soft'))
);

CREATE INDEX dependencies_needs_id ON dependencies (needs_id);

-- Which services were seen calling which others. Rows of services that are gone stay until they are forgotten: a
-- service may be restored.
CREATE TABLE observed_calls (
    client_id  uuid             NOT NULL,
    server_id  uuid             NOT NULL,
    per_minute double precision NOT NULL,                                                -- when it was seen last
    first_seen timestamptz      NOT NULL,
    last_seen  timestamptz      NOT NULL,
    hidden     boolean          NOT NULL DEFAULT false,                                  -- somebody does not want to see it

    CONSTRAINT observed_calls_pkey PRIMARY KEY (client_id, server_id),
    CONSTRAINT observed_calls_of_two CHECK (client_id <> server_id)
);

CREATE INDEX observed_calls_server_id ON observed_calls (server_id);
CREATE INDEX observed_calls_last_seen ON observed_calls (last_seen);

-- What became of links of services when they were checked last, by the SHA-256 of their URLs: an index takes no
-- URL that is as long as they may be.
CREATE TABLE links (
    digest      bytea       NOT NULL,
    checked_at  timestamptz NOT NULL,
    problem     text        NOT NULL,                                                    -- empty: something answers there
    http_status integer     NOT NULL,                                                    -- 0: nothing answered
    failures    integer     NOT NULL,                                                    -- checks in turn that found a problem

    CONSTRAINT links_pkey PRIMARY KEY (digest)
);

-- One row, which grows with each change of observed_calls. Who changes those locks it first.
CREATE TABLE observed_revision (revision bigint NOT NULL);

-- The services that were deleted of late, for copies of the list. See ADR 6.
CREATE TABLE deleted_services (
    id         uuid        NOT NULL CONSTRAINT deleted_services_pkey PRIMARY KEY,
    changed    xid8        NOT NULL DEFAULT pg_current_xact_id(),
    deleted_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX deleted_services_changed ON deleted_services (changed);
CREATE INDEX deleted_services_deleted_at ON deleted_services (deleted_at);

-- The services that were deleted of late, as their rows were, to be restored. They go after
-- thirty days.
CREATE TABLE trash (
    id         uuid        NOT NULL CONSTRAINT trash_pkey PRIMARY KEY,
    deleted_at timestamptz NOT NULL,
    service    jsonb       NOT NULL                                                      -- the row; a new column needs a value in each, too
);

CREATE INDEX trash_deleted_at ON trash (deleted_at);

-- What the forge said last that a service links to. Rows of services that are gone stay until
-- those cannot be restored any more.
CREATE TABLE release_sources (
    service_id uuid        NOT NULL CONSTRAINT release_sources_pkey PRIMARY KEY,
    github_url text        NOT NULL,                                                     -- that was asked; once the service has another, none of this is shown
    checked_at timestamptz NOT NULL,                                                     -- by the fetcher's clock
    problem    text        NOT NULL,                                                     -- why releases could not be read; empty: they could
    read       boolean     NOT NULL                                                      -- they were read at least once: what is new from then on is told
);

-- The releases in the repository that a service links to, the newest fifty.
CREATE TABLE releases (
    service_id   uuid        NOT NULL,
    tag          text        NOT NULL,
    title        text        NOT NULL,                                                   -- empty: it is the tag
    url          text        NOT NULL,                                                   -- of its page; empty: it has none
    author       text        NOT NULL,                                                   -- empty: not known
    published_at timestamptz NOT NULL,
    prerelease   boolean     NOT NULL,
    notes        jsonb       NOT NULL,                                                   -- a tree: [{"kind": …, "children": …}]
    notes_cut    boolean     NOT NULL,                                                   -- notes is only their beginning

    CONSTRAINT releases_pkey PRIMARY KEY (service_id, tag)
);

CREATE INDEX releases_published_at ON releases (service_id, published_at);

-- Who is signed in. token is the hash of that in the cookie; data is signin.Session, and
-- until checking_until a replica asks the provider whether the person is still there.
CREATE TABLE sessions (
    token          bytea       NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    data           jsonb       NOT NULL,
    expires_at     timestamptz NOT NULL,
    checking_until timestamptz,

    who     text   NOT NULL GENERATED ALWAYS AS (data -> 'session' ->> 'who') STORED,
    version bigint NOT NULL GENERATED ALWAYS AS ((data -> 'session' ->> 'version')::bigint) STORED
);

CREATE INDEX sessions_who ON sessions (who);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- With which the portal ran last, to tell what changed.
CREATE TABLE settings (
    name  text NOT NULL CONSTRAINT settings_pkey PRIMARY KEY,
    value text NOT NULL
);

-- The events that are to be published, in the order of each key. A row goes when NATS
-- has confirmed it. See ADR 2.
CREATE TABLE outbox (
    id         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
    key        text        NOT NULL COLLATE "C",                                         -- "service/0198…"
    subject    text        NOT NULL,                                                     -- on NATS
    header     jsonb       NOT NULL,
    data       bytea       NOT NULL,                                                     -- JSON
    purges     text[]      NOT NULL DEFAULT '{}',                                        -- subjects to purge once it is published
    created_at timestamptz NOT NULL DEFAULT now(),
    service_id uuid        NOT NULL                                                      -- for the version before: see translate_outbox
);

-- The trail: who did what, when, and from where. Rows are added in the transaction of the
-- deed, and go when they are old.
CREATE TABLE audit (
    seq        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_pkey PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor_kind text        NOT NULL,                                                     -- "anonymous", "person", "key", "system"
    actor_id   text        NOT NULL,                                                     -- empty: anonymous
    actor_name text        NOT NULL,                                                     -- at that time
    address    text        NOT NULL,                                                     -- of the request; empty: of the portal itself
    request_id text        NOT NULL,
    deed       text        NOT NULL,                                                     -- "created", "updated", …
    kind       text        NOT NULL,                                                     -- of the thing: "service"
    thing_id   text        NOT NULL,
    thing_name text        NOT NULL,                                                     -- after the deed
    changes    jsonb       NOT NULL                                                      -- [{"field": …, "before": …, "after": …}]
);

CREATE INDEX audit_thing ON audit (kind, thing_id, seq);
CREATE INDEX audit_at ON audit (at);

-- From when on the trail has every change of services; no row: since ever. See note_trail_begin.
CREATE TABLE trail_begin (
    one boolean     NOT NULL DEFAULT true CONSTRAINT trail_begin_pkey PRIMARY KEY,       -- there is one row at most
    at  timestamptz NOT NULL,

    CONSTRAINT trail_begin_one CHECK (one)
);

-- The keys by which programs say who they are. One that is revoked has no row.
CREATE TABLE api_keys (
    id           uuid        NOT NULL CONSTRAINT api_keys_pkey PRIMARY KEY,              -- UUIDv7
    name         text        NOT NULL,
    name_key     text        NOT NULL COLLATE "C" CONSTRAINT api_keys_name_key UNIQUE,   -- the order of lists
    hash         bytea       NOT NULL CONSTRAINT api_keys_hash_key UNIQUE,               -- SHA-256 of the secret
    role         text        NOT NULL,
    teams        text[]      NOT NULL,                                                   -- whose services an editor may write; none: all
    from_file    boolean     NOT NULL,                                                   -- the file of keys has it, and nothing else changes it
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,                                                            -- null: never
    last_used_at timestamptz,                                                            -- to the minute; null: never

    CONSTRAINT api_keys_role_known CHECK (role IN ('viewer', 'editor', 'admin'))
);

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed := pg_current_xact_id();
    IF NEW.name <> OLD.name THEN
        NEW.named := NEW.changed;
    END IF;
    RETURN NEW;
END $$;

-- All that is shown but latency_ms and last_checked_at, which each probe measures
-- anew: the list may have them a little later, and its index is not touched by them.
CREATE TRIGGER note_change BEFORE UPDATE ON services FOR EACH ROW
    WHEN ((OLD.name, OLD.name_key, OLD.description, OLD.team, OLD.status_url, OLD.docs_url, OLD.github_url,
           OLD.dashboard_url, OLD.tags, OLD.probe_interval, OLD.version, OLD.status, OLD.status_since,
           OLD.status_reason, OLD.http_status, OLD.created_at, OLD.updated_at)
          IS DISTINCT FROM
          (NEW.name, NEW.name_key, NEW.description, NEW.team, NEW.status_url, NEW.docs_url, NEW.github_url,
           NEW.dashboard_url, NEW.tags, NEW.probe_interval, NEW.version, NEW.status, NEW.status_since,
           NEW.status_reason, NEW.http_status, NEW.created_at, NEW.updated_at))
    EXECUTE FUNCTION note_change();

-- A copy that was not looked at for longer than a day is made anew: see deletionsKept.
CREATE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM deleted_services WHERE id IN (
        SELECT id FROM deleted_services WHERE deleted_at < now() - interval '2 days' LIMIT 100 FOR UPDATE SKIP LOCKED
    );
    INSERT INTO deleted_services (id) VALUES (OLD.id)
        ON CONFLICT (id) DO UPDATE SET changed = EXCLUDED.changed, deleted_at = EXCLUDED.deleted_at;
    RETURN NULL;
END $$;

CREATE TRIGGER note_deletion AFTER DELETE ON services FOR EACH ROW EXECUTE FUNCTION note_deletion();

-- Keeps the last name of a service that others need, whoever deletes it: an older version runs on
-- for a while beside this one.
CREATE FUNCTION note_last_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE dependencies SET name = OLD.name WHERE needs_id = OLD.id AND name <> OLD.name;
    RETURN NULL;
END $$;

CREATE TRIGGER note_last_name AFTER DELETE ON services FOR EACH ROW EXECUTE FUNCTION note_last_name();

-- Adds a span for each change of a status, whoever makes it: an older version runs on for a
-- while beside this one. A result may come late: then it was not unknown what the status is,
-- whatever was said meanwhile.
CREATE FUNCTION note_status() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    began  timestamptz := NEW.status_since;
    before spans;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status = NEW.status THEN
            began := NEW.updated_at;
        END IF;
        DELETE FROM spans WHERE service_id = NEW.id AND since > began AND status = 'unknown' AND reason <> 'deleted';
    END IF;
    SELECT * INTO before FROM spans WHERE service_id = NEW.id AND since < began ORDER BY since DESC LIMIT 1;
    IF before.status = NEW.status AND before.reason <> 'deleted' AND (before.reason = 'manual') = (NEW.status_reason = 'manual') THEN
        RETURN NULL;
    END IF;
    SELECT greatest(began, max(since) + interval '1 microsecond') INTO began FROM spans WHERE service_id = NEW.id AND since >= began;
    INSERT INTO spans (service_id, since, status, reason, http_status, location)
    VALUES (NEW.id, began, NEW.status, NEW.status_reason, NEW.http_status, NEW.location);
    RETURN NULL;
END $$;

CREATE TRIGGER note_first_status AFTER INSERT ON services FOR EACH ROW EXECUTE FUNCTION note_status();
CREATE TRIGGER note_status AFTER UPDATE ON services FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR (OLD.status_reason = 'manual') <> (NEW.status_reason = 'manual'))
    EXECUTE FUNCTION note_status();

CREATE FUNCTION note_last_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO spans (service_id, since, status, reason, http_status, location)
    VALUES (OLD.id, clock_timestamp(), 'unknown', 'deleted', 0, '');
    RETURN NULL;
END $$;

CREATE TRIGGER note_last_status AFTER DELETE ON services FOR EACH ROW EXECUTE FUNCTION note_last_status();

CREATE FUNCTION note_trail_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO trail_begin (at)
    SELECT max(at) FROM gone WHERE kind = 'service' HAVING max(at) IS NOT NULL
    ON CONFLICT (one) DO UPDATE SET at = greatest(trail_begin.at, excluded.at);
    RETURN NULL;
END $$;

-- Whoever removes what is old: an older version runs on for a while beside this one.
CREATE TRIGGER note_trail_begin AFTER DELETE ON audit REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION note_trail_begin();

CREATE FUNCTION note_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO former_names (name_key, service_id, until) VALUES (OLD.name_key, OLD.id, clock_timestamp())
    ON CONFLICT ON CONSTRAINT former_names_pkey DO UPDATE SET until = excluded.until;
    RETURN NULL;
END $$;

CREATE TRIGGER note_name AFTER UPDATE OF name_key ON services FOR EACH ROW
    WHEN (OLD.name_key <> NEW.name_key) EXECUTE FUNCTION note_name();

-- What was changed or deleted by transactions that are not in the snapshot, and the services that
-- need one which such a transaction renamed, deleted or restored. Before its
-- oldest all was decided: the rest is few, and found by the indexes alone. Left to
-- itself the planner expects a third of all services, and reads each of them. Where its new name is
-- not in the snapshot, no later change of it is, so that the index on changed finds it.
CREATE FUNCTION list_changes(at pg_snapshot) RETURNS TABLE (id uuid, gone boolean)
    LANGUAGE plpgsql STABLE ROWS 10 SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
        SELECT s.id, false FROM services s
        WHERE s.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(s.changed, at)
        UNION ALL
        SELECT d.id, true FROM deleted_services d
        WHERE d.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(d.changed, at)
        UNION ALL
        SELECT n.service_id, false FROM services s JOIN dependencies n ON n.needs_id = s.id
        WHERE s.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(s.named, at)
        UNION ALL
        SELECT n.service_id, false FROM deleted_services d JOIN dependencies n ON n.needs_id = d.id
        WHERE d.changed >= pg_snapshot_xmin(at) AND NOT pg_visible_in_snapshot(d.changed, at);
END $$;

-- For the version before, which runs on beside this one: what it writes gets a key,
-- and it finds a service_id to order by in what others write. It goes with service_id,
-- once nobody upgrades from there.
CREATE FUNCTION translate_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.key IS NULL THEN
        NEW.key := 'service/' || NEW.service_id;
        IF NEW.header ? 'Nats-Rollup' THEN
            NEW.purges := ARRAY['portal.status.' || NEW.service_id];
        END IF;
    ELSIF NEW.key LIKE 'service/%' THEN
        NEW.service_id := substr(NEW.key, length('service/') + 1);
    ELSE
        NEW.service_id := md5(NEW.key);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER translate_outbox BEFORE INSERT OR UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION translate_outbox();
