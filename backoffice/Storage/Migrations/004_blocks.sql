-- Candidates that engines found, and what became of them.
--
--   found ──in the chain──▶ immature ──coinbase maturity──▶ confirmed
--     │                        │ ▲                             │ ▲
--     └──────another block at its height──▶ orphaned ◀─────────┘ (and back, when a reorganisation brings it back)
--
-- Nothing is posted for found; immature posts a provisional split, confirmed fixes it, orphaned compensates whatever stands.
CREATE TABLE blocks (
    block_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id         int NOT NULL REFERENCES pools,
    hash            text COLLATE "C" NOT NULL UNIQUE,
    height          bigint NOT NULL,
    prev_hash       text COLLATE "C" NOT NULL,
    coinbase_txid   text COLLATE "C" NOT NULL,
    reward          bigint NOT NULL CHECK (reward >= 0),
    network_work    numeric(39,0) NOT NULL,         -- expected hashes for a block at its difficulty
    account_id      bigint NOT NULL REFERENCES accounts,    -- the finder
    worker_id       bigint NOT NULL REFERENCES workers,
    -- The winning share, which is where the window begins: (share_ms, engine id, epoch, share_sequence).
    source_id       int NOT NULL REFERENCES sources,
    share_sequence  bigint NOT NULL,                -- the found record's own sequence where the candidate was no credited share
    share_ms        bigint NOT NULL,
    share_work      numeric(20,0) NOT NULL,         -- 0 where it was no credited share
    -- The terms at the time it was found; later changes of the configuration do not touch it.
    scheme          text COLLATE "C" NOT NULL,      -- pplns, solo
    fee_ppm         int NOT NULL CHECK (fee_ppm BETWEEN 0 AND 1000000),
    window_ten_thousandths bigint NOT NULL,         -- PPLNS factor x 10000
    effort_work     numeric(39,0) NOT NULL,         -- the pool's work since its previous block: effort = effort_work / network_work
    state           text COLLATE "C" NOT NULL DEFAULT 'found' CHECK (state IN ('found', 'immature', 'confirmed', 'orphaned')),
    state_reason    text NOT NULL DEFAULT '',       -- words for people: what it waits for, or why it is orphaned
    cycle           int NOT NULL DEFAULT 0,         -- how often it has entered the chain; part of the ledger's causes
    confirmations   int NOT NULL DEFAULT 0,         -- as last seen; -1 while not in the chain
    split_fixed_at  timestamptz,                    -- from then on block_credits never changes
    is_final        boolean NOT NULL DEFAULT false, -- deep enough: not looked at any more
    found_at        timestamptz NOT NULL DEFAULT now(),
    changed_at      timestamptz NOT NULL DEFAULT now(),
    checked_at      timestamptz
);
CREATE INDEX blocks_pool ON blocks (pool_id, block_id);
CREATE INDEX blocks_open ON blocks (pool_id) WHERE NOT is_final;

-- The split of a block as it was computed last: what the ledger posted, without the zeros' and signs' bookkeeping.
CREATE TABLE block_credits (
    block_id    bigint NOT NULL REFERENCES blocks,
    account_id  bigint NOT NULL REFERENCES accounts,
    work        numeric(39,0) NOT NULL,             -- of this account inside the window
    amount      bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (block_id, account_id)
);
CREATE INDEX block_credits_account ON block_credits (account_id, block_id);

-- What nodes said about candidates. A verdict may arrive before its block's own record was stored: no reference.
CREATE TABLE block_verdicts (
    hash        text COLLATE "C" NOT NULL,
    node        text COLLATE "C" NOT NULL,
    is_accepted boolean NOT NULL,
    reason      text NOT NULL,
    at_ms       bigint NOT NULL,
    PRIMARY KEY (hash, node)
);
