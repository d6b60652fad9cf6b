-- Retention goes over the oldest operations first. Those that were found to be needed still are set apart, so that
-- they are not looked at again by every call; `Journal.project` puts them back when something is done about the same
-- VM or disk.
ALTER TABLE operations ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
CREATE INDEX operations_to_prune ON operations (started, id) WHERE kept = 0 AND state NOT IN ('running', 'parked');
