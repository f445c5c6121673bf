-- Names that owners give their rigs, rules of what they want to hear, and by which channels. Logins are those of the accounts feature.

CREATE TABLE worker_labels (
    worker_id   bigint PRIMARY KEY REFERENCES workers,
    label       text NOT NULL
);

CREATE TABLE notice_channels (
    channel_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_id        bigint NOT NULL,
    kind            text COLLATE "C" NOT NULL CHECK (kind IN ('email', 'webhook', 'telegram', 'discord')),
    name            text NOT NULL,
    target          text NOT NULL,                  -- address of mail, URL, chat id; ID/TOKEN of a Discord webhook
    secret          text,                           -- of a webhook: signs its bodies, so it cannot be kept as a hash
    digest_minutes  int NOT NULL DEFAULT 0 CHECK (digest_minutes BETWEEN 0 AND 1440),
    code_hash       bytea,                          -- of the code that proves that somebody reads here
    code_until      timestamptz,
    code_tries      int NOT NULL DEFAULT 0,
    code_sent_at    timestamptz,
    verified_at     timestamptz,
    removed_at      timestamptz,                    -- kept for a while: it still hears of changed payout addresses
    failures        int NOT NULL DEFAULT 0,         -- in a row
    last_error      text,
    last_sent_at    timestamptz,
    created_at      timestamptz NOT NULL
);
CREATE INDEX notice_channels_login ON notice_channels (login_id, channel_id);

CREATE TABLE alert_rules (
    rule_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_id    bigint NOT NULL,
    account_id  bigint NOT NULL REFERENCES accounts,
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('worker-off', 'worker-low', 'block-found', 'payout-sent', 'best-share')),
    is_on       boolean NOT NULL DEFAULT true,
    minutes     int NOT NULL CHECK (minutes BETWEEN 5 AND 1440),
    percent     int NOT NULL CHECK (percent BETWEEN 10 AND 90),
    label       text,                               -- only workers with it
    channels    bigint[],                           -- null: all of the login's
    since       timestamptz NOT NULL,               -- made, or switched on: nothing from before is told
    best_work   float8                              -- best-share: what is known already
);
CREATE INDEX alert_rules_login ON alert_rules (login_id, rule_id);
CREATE INDEX alert_rules_account ON alert_rules (account_id) WHERE is_on;

-- Workers in trouble: a row from the first sign until it is well again for a while. What is told moves told_at in the transaction that
-- makes the notice.
CREATE TABLE worker_alerts (
    rule_id       bigint NOT NULL REFERENCES alert_rules ON DELETE CASCADE,
    worker_id     bigint NOT NULL REFERENCES workers,
    since_ms      bigint NOT NULL,                  -- since when it is so
    told_ms       bigint,                           -- null: not long enough yet
    well_since_ms bigint,                           -- first sign of being well; null: none
    PRIMARY KEY (rule_id, worker_id)
);

-- Sliding means of the workers that a worker-low rule watches: exponential, over ten minutes and over a day, with the weight that each has
-- gathered since it began. Read once per slice, so that ten thousand workers cost ten thousand rows a minute.
CREATE TABLE worker_rates (
    worker_id    bigint PRIMARY KEY REFERENCES workers,
    fast         float8 NOT NULL,                   -- expected hashes per second × weight
    fast_weight  float8 NOT NULL,
    slow         float8 NOT NULL,
    slow_weight  float8 NOT NULL,
    slow_shares  float8 NOT NULL                    -- shares per second × weight
) WITH (fillfactor = 50);

-- How far a reader has come.
CREATE TABLE notice_marks (
    name   text COLLATE "C" PRIMARY KEY,
    at_ms  bigint NOT NULL
);

-- What happened, once per login and event.
CREATE TABLE notice_events (
    event_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login_id    bigint NOT NULL,
    account_id  bigint REFERENCES accounts,
    kind        text COLLATE "C" NOT NULL,
    event_key   text COLLATE "C" NOT NULL,
    title       text NOT NULL,
    lines       text[] NOT NULL,
    created_at  timestamptz NOT NULL,
    UNIQUE (login_id, event_key)
);
CREATE INDEX notice_events_login ON notice_events (login_id, event_id);

-- What is still to be sent of it, by channel.
CREATE TABLE notice_outbox (
    message_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel_id  bigint NOT NULL REFERENCES notice_channels,
    event_id    bigint NOT NULL REFERENCES notice_events ON DELETE CASCADE,
    state       text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given-up')),
    due_at      timestamptz NOT NULL,
    attempts    int NOT NULL DEFAULT 0,
    delivery    text COLLATE "C",                   -- name of the message that it was sent in first: the same at every attempt
    UNIQUE (channel_id, event_id)
);
CREATE INDEX notice_outbox_due ON notice_outbox (due_at) WHERE state = 'waiting';

-- Mails of other features (sign-in, passwords); gone when sent or given up, since they hold secrets.
CREATE TABLE mail_queue (
    mail_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient   text NOT NULL,
    subject     text NOT NULL,
    body        text NOT NULL,
    marker      text COLLATE "C" NOT NULL,          -- left side of its Message-ID
    attempts    int NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL,
    until       timestamptz NOT NULL                -- later it is of no use to anybody
);
CREATE INDEX mail_queue_due ON mail_queue (due_at);
