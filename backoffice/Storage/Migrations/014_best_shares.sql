-- The best hash of each worker, in expected hashes (float8: for show and rank, never for credit), of all time and by UTC day. At is the
-- time of the entry that told of it: some milliseconds from the share's own. Written only where a best is beaten, which a worker does
-- less and less often. No references, as share_slices has none: the consumer writes them with the shares.
CREATE TABLE best_shares (
    pool_id     int NOT NULL,
    worker_id   bigint NOT NULL,
    account_id  bigint NOT NULL,
    work        float8 NOT NULL CHECK (work > 0),
    at_ms       bigint NOT NULL,
    PRIMARY KEY (pool_id, worker_id)
);
CREATE INDEX best_shares_work ON best_shares (pool_id, work DESC);
CREATE INDEX best_shares_account ON best_shares (account_id, pool_id, work DESC);

CREATE TABLE best_share_days (
    pool_id     int NOT NULL,
    day         int NOT NULL,                       -- days since 1970-01-01 UTC
    worker_id   bigint NOT NULL,
    account_id  bigint NOT NULL,
    work        float8 NOT NULL CHECK (work > 0),
    at_ms       bigint NOT NULL,
    PRIMARY KEY (pool_id, day, worker_id)
);
CREATE INDEX best_share_days_work ON best_share_days (pool_id, day, work DESC);
CREATE INDEX best_share_days_account ON best_share_days (account_id, pool_id, day, work DESC);

-- What an account did on a UTC day that is over, kept when the slices of that day are gone: streaks and sums of a miner's whole life.
CREATE TABLE account_days (
    pool_id     int NOT NULL REFERENCES pools,
    account_id  bigint NOT NULL REFERENCES accounts,
    day         int NOT NULL,
    shares      bigint NOT NULL,
    work_sum    numeric(39,0) NOT NULL,
    PRIMARY KEY (pool_id, account_id, day)
);

-- Up to which day account_days is made; later days are read from the slices.
CREATE TABLE account_days_made (
    pool_id     int PRIMARY KEY REFERENCES pools,
    through_day int NOT NULL
);
