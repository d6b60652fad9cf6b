-- What happened, in order. Nothing in it is ever changed; only retention removes finished operations.
CREATE TABLE events (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT    NOT NULL,
    kind      TEXT    NOT NULL,   -- intent, doing, done, undoing, undone, note, attempt, outcome, replied, …
    step      TEXT,               -- the step's name, for kinds that are about a step
    at        INTEGER NOT NULL,   -- Unix time in milliseconds, by this host's clock
    monotonic INTEGER NOT NULL,   -- microseconds since boot: orders and times events when the clock jumps
    data      TEXT                -- JSON; names and facts, never secrets
);
CREATE INDEX events_by_operation ON events (operation, sequence);

-- One row per operation, derived from its events and written with them; `Journal.rebuild` makes it anew.
CREATE TABLE operations (
    id          TEXT PRIMARY KEY,
    method      TEXT    NOT NULL,
    state       TEXT    NOT NULL,  -- running, done, failed, rolled-back, parked
    direction   TEXT    NOT NULL,  -- forward, backward: once it goes backward it stays so
    step        TEXT,              -- the step it is at, or was at when it ended
    mutating    INTEGER NOT NULL,
    plan        TEXT,              -- JSON: all that recovery needs
    error       TEXT,
    attempts    INTEGER NOT NULL,  -- automatic recoveries begun
    started     INTEGER NOT NULL,  -- Unix time in milliseconds
    finished    INTEGER,
    duration    INTEGER,           -- microseconds
    replied     TEXT,              -- delivered, lost; absent: never written
    director    TEXT,
    request     TEXT,
    owner       TEXT               -- JSON: pid, start time, boot id, host, versions, daemon
) WITHOUT ROWID;
CREATE INDEX operations_by_start ON operations (started);
CREATE INDEX operations_open ON operations (started) WHERE state IN ('running', 'parked');

-- Which operations touched which VM, disk, stemcell, agent or network.
CREATE TABLE subjects (
    kind      TEXT NOT NULL,
    cid       TEXT NOT NULL,
    operation TEXT NOT NULL,
    PRIMARY KEY (cid, kind, operation)
) WITHOUT ROWID;
CREATE INDEX subjects_by_operation ON subjects (operation);
