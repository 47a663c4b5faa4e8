-- +goose Up

-- The outbox has events about things of any kind, by a key that names kind and
-- thing ("service/0198…"), in the order of each key. purges are subjects to be
-- purged once the event is stored.
ALTER TABLE outbox
    ADD COLUMN key    text   COLLATE "C",
    ADD COLUMN purges text[] NOT NULL DEFAULT '{}';

-- For the version before, which runs on beside this one: what it writes gets a key,
-- and it finds a service_id to order by in what others write. It goes with service_id,
-- once nobody upgrades from there.
-- +goose StatementBegin
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
-- +goose StatementEnd

CREATE TRIGGER translate_outbox BEFORE INSERT OR UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION translate_outbox();
UPDATE outbox SET key = NULL; -- what waits is the version before's
ALTER TABLE outbox ALTER COLUMN key SET NOT NULL;
