-- Sums of slices by account and by rig, so that no page has to add up the minutes of ten thousand rigs. They are made from the slices by
-- the program, again and again for as long as a slice changes; what is not summed yet is read from the slices. Losing these tables loses
-- nothing but time.

-- By account: ten minutes (kept for two days) and hours (kept as long as slices).
CREATE TABLE account_sums (
    pool_id     int NOT NULL,
    length_ms   int NOT NULL CHECK (length_ms IN (600000, 3600000)),
    at_ms       bigint NOT NULL,                    -- [at_ms, at_ms + length_ms)
    account_id  bigint NOT NULL,
    workers     int NOT NULL,                       -- rigs with an accepted share in it
    shares      bigint NOT NULL,
    work_sum    numeric(39,0) NOT NULL,
    stale       bigint NOT NULL,
    duplicate   bigint NOT NULL,
    lowdiff     bigint NOT NULL,
    invalid     bigint NOT NULL,
    PRIMARY KEY (pool_id, length_ms, account_id, at_ms)
);
CREATE INDEX account_sums_time ON account_sums (pool_id, length_ms, at_ms);

-- By rig, hours.
CREATE TABLE worker_sums (
    pool_id     int NOT NULL,
    at_ms       bigint NOT NULL,
    account_id  bigint NOT NULL,
    worker_id   bigint NOT NULL,
    shares      bigint NOT NULL,
    work_sum    numeric(39,0) NOT NULL,
    stale       bigint NOT NULL,
    duplicate   bigint NOT NULL,
    lowdiff     bigint NOT NULL,
    invalid     bigint NOT NULL,
    PRIMARY KEY (pool_id, account_id, worker_id, at_ms)
);
CREATE INDEX worker_sums_time ON worker_sums (pool_id, at_ms);

-- What has been summed, and how much that was: a period whose slices hold something else by now is summed anew.
CREATE TABLE summed_periods (
    pool_id     int NOT NULL,
    length_ms   int NOT NULL,
    at_ms       bigint NOT NULL,
    shares      bigint NOT NULL,
    rejects     bigint NOT NULL,
    miners      int NOT NULL,                       -- accounts with an accepted share in it
    workers     int NOT NULL,                       -- rigs with one
    PRIMARY KEY (pool_id, length_ms, at_ms)
);

-- Blocks by finder, newest first.
CREATE INDEX blocks_account ON blocks (account_id, pool_id, block_id);
