-- How an account wants to be paid, and what an operator has to say about it. What the payout round chooses by is read in the
-- transaction that makes a payout, under the advisory lock ('payout_settings', 0), which every change here takes too: nothing changes
-- between choosing and preparing.

CREATE TABLE payout_settings (
    account_id  bigint NOT NULL REFERENCES accounts,
    coin        text COLLATE "C" NOT NULL,
    network     text COLLATE "C" NOT NULL,
    threshold   bigint CHECK (threshold > 0),       -- null: the pool's
    -- auto: whenever the threshold is reached; daily, weekly: once per UTC day, week (from Monday); manual: on request only
    schedule    text COLLATE "C" NOT NULL DEFAULT 'auto' CHECK (schedule IN ('auto', 'daily', 'weekly', 'manual')),
    is_paused   boolean NOT NULL DEFAULT false,     -- nothing is paid, not on request either
    changed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, coin, network)
);

-- The wish for another address. Until due_at the old one stays in payout_addresses and is paid; then the program moves the new one there.
CREATE TABLE payout_address_changes (
    change_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES accounts,
    coin         text COLLATE "C" NOT NULL,
    network      text COLLATE "C" NOT NULL,
    old_address  text COLLATE "C",                  -- null: there was none
    new_address  text COLLATE "C" NOT NULL,
    state        text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'applied', 'cancelled')),
    cancel_hash  bytea NOT NULL,                    -- SHA-256 of the code in the notices: whoever reads them may cancel
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    decided_by   text,
    decided_at   timestamptz,
    CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX payout_address_changes_waiting ON payout_address_changes (account_id, coin, network) WHERE state = 'waiting';
CREATE INDEX payout_address_changes_due ON payout_address_changes (due_at) WHERE state = 'waiting';
CREATE INDEX payout_address_changes_code ON payout_address_changes (cancel_hash) WHERE state = 'waiting';

-- An account asks to be paid below its threshold. Taken by one payout; given back when that is given up.
CREATE TABLE payout_requests (
    request_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id         int NOT NULL REFERENCES pools,
    account_id      bigint NOT NULL REFERENCES accounts,
    idempotency_key text COLLATE "C" NOT NULL,
    state           text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'cancelled')),
    payout_id       bigint REFERENCES payouts,
    requested_at    timestamptz NOT NULL,
    UNIQUE (account_id, idempotency_key),
    CHECK ((state = 'taken') = (payout_id IS NOT NULL))
);
CREATE UNIQUE INDEX payout_requests_waiting ON payout_requests (pool_id, account_id) WHERE state = 'waiting';
CREATE INDEX payout_requests_account ON payout_requests (account_id, request_id);
CREATE INDEX payout_requests_payout ON payout_requests (payout_id) WHERE payout_id IS NOT NULL;

-- An operator lets one line above pools[].payouts.approval_above go, up to a sum, once.
CREATE TABLE payout_approvals (
    approval_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id      int NOT NULL REFERENCES pools,
    account_id   bigint NOT NULL REFERENCES accounts,
    address      text COLLATE "C" NOT NULL,         -- what the operator saw: it is good for no other
    up_to        bigint NOT NULL CHECK (up_to > 0),
    approved_by  text NOT NULL,
    reason       text NOT NULL,
    approved_at  timestamptz NOT NULL,
    payout_id    bigint REFERENCES payouts          -- the payout that used it
);
CREATE UNIQUE INDEX payout_approvals_open ON payout_approvals (pool_id, account_id) WHERE payout_id IS NULL;
CREATE INDEX payout_approvals_payout ON payout_approvals (payout_id) WHERE payout_id IS NOT NULL;

-- What an operator has frozen: all payouts of a pool, an account in every pool, or one payout that is not signed yet.
CREATE TABLE payout_holds (
    hold_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id         int REFERENCES pools,
    account_id      bigint REFERENCES accounts,
    payout_id       bigint REFERENCES payouts,
    reason          text NOT NULL,
    set_by          text NOT NULL,
    set_at          timestamptz NOT NULL,
    released_by     text,
    release_reason  text,
    released_at     timestamptz,
    CHECK (num_nonnulls(pool_id, account_id, payout_id) = 1),
    CHECK (num_nonnulls(released_by, release_reason, released_at) IN (0, 3))
);
CREATE UNIQUE INDEX payout_holds_pool ON payout_holds (pool_id) WHERE released_at IS NULL AND pool_id IS NOT NULL;
CREATE UNIQUE INDEX payout_holds_account ON payout_holds (account_id) WHERE released_at IS NULL AND account_id IS NOT NULL;
CREATE UNIQUE INDEX payout_holds_payout ON payout_holds (payout_id) WHERE released_at IS NULL AND payout_id IS NOT NULL;
