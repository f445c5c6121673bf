-- Who is banned (published to the engines by the active backoffice), and what has been wrong since when.

-- One row per decision; a ban that is over stays, so that one can see who was banned when and why.
CREATE TABLE bans (
    ban_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('address', 'account', 'worker')),
    target      text COLLATE "C" NOT NULL CHECK (length(target) BETWEEN 1 AND 191),
    reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 120),
    created_at  timestamptz NOT NULL,
    created_by  text NOT NULL,
    expires_at  timestamptz,                        -- null: until it is lifted
    ended_at    timestamptz,                        -- lifted, or replaced after it had expired
    ended_by    text,
    CHECK (expires_at > created_at)
);
CREATE UNIQUE INDEX bans_target ON bans (kind, target) WHERE ended_at IS NULL;

-- Since when something has been wrong, over restarts of the backoffice: one row per open alert, and those that are over for a while.
CREATE TABLE alerts (
    alert_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL,
    subject     text NOT NULL,
    severity    text COLLATE "C" NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    what        text NOT NULL,
    since       timestamptz NOT NULL,
    ended_at    timestamptz
);
CREATE UNIQUE INDEX alerts_open ON alerts (kind, subject) WHERE ended_at IS NULL;
CREATE INDEX alerts_ended ON alerts (ended_at) WHERE ended_at IS NOT NULL;
