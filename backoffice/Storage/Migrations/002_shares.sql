-- What engines recorded. The mark in sources moves in the transaction that stores the data: exactly once.

-- A journal: one per (engine id, epoch).
CREATE TABLE sources (
    source_id      int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    engine_id      int NOT NULL CHECK (engine_id BETWEEN 0 AND 1023),
    epoch          text COLLATE "C" NOT NULL CHECK (epoch ~ '^[0-9a-f]{16}$'),
    last_sequence  bigint NOT NULL DEFAULT 0,       -- everything up to here is committed
    last_time_ms   bigint NOT NULL DEFAULT 0,       -- newest time among what is committed; never runs backwards within an epoch
    complete_ms    bigint NOT NULL DEFAULT 0,       -- all that the engine recorded up to this time is known to be committed
    first_seen_at  timestamptz NOT NULL DEFAULT now(),
    last_commit_at timestamptz,
    released_at    timestamptz,                     -- an operator said: wait for nothing more from this journal
    UNIQUE (engine_id, epoch)
);

-- Sequences that an operator gave up (viddhana-backoffice engine skip).
CREATE TABLE sequence_skips (
    source_id      int NOT NULL REFERENCES sources,
    from_sequence  bigint NOT NULL,
    to_sequence    bigint NOT NULL CHECK (to_sequence >= from_sequence),
    skipped_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_id, from_sequence)
);

-- Messages that were not entries. Kept for the operator; the sequences in them count as missing.
CREATE TABLE damaged_messages (
    damaged_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin       text NOT NULL,                     -- stream message id or journal directory
    bytes        bytea NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now()
);

-- Whole entries as engines wrote them, several of one source and pool one after another. PPLNS opens its first and last slice
-- from them. Shares below from_sequence are already in another row. Partitions: one per UTC day of first_ms, made and dropped
-- by the program; dropped when no window can reach them any more.
CREATE TABLE raw_entries (
    pool_id        int NOT NULL,
    source_id      int NOT NULL,
    from_sequence  bigint NOT NULL,
    first_ms       bigint NOT NULL,
    last_ms        bigint NOT NULL,
    entries        bytea NOT NULL,
    PRIMARY KEY (source_id, from_sequence, pool_id, first_ms)
) PARTITION BY RANGE (first_ms);
CREATE INDEX raw_entries_time ON raw_entries (pool_id, first_ms, last_ms);

-- Accepted shares by (pool, worker, slice, assigned work). A slice is [slice_ms, slice_ms + length_ms); slices of different lengths
-- (the configuration changed) may overlap. Partitions: one per UTC day of slice_ms.
CREATE TABLE share_slices (
    pool_id     int NOT NULL,
    slice_ms    bigint NOT NULL,
    length_ms   int NOT NULL,
    account_id  bigint NOT NULL,
    worker_id   bigint NOT NULL,
    work        numeric(20,0) NOT NULL,             -- assigned to each of these shares
    shares      bigint NOT NULL,
    work_sum    numeric(39,0) NOT NULL GENERATED ALWAYS AS (shares * work) STORED,
    PRIMARY KEY (pool_id, slice_ms, length_ms, worker_id, work)
) PARTITION BY RANGE (slice_ms);
CREATE INDEX share_slices_account ON share_slices (account_id, pool_id, slice_ms);

-- Refused shares by (pool, worker, slice, reason): 1 stale, 2 duplicate, 3 low difficulty, 4 invalid. Partitioned likewise.
CREATE TABLE reject_slices (
    pool_id     int NOT NULL,
    slice_ms    bigint NOT NULL,
    length_ms   int NOT NULL,
    account_id  bigint NOT NULL,
    worker_id   bigint NOT NULL,
    reason      smallint NOT NULL,
    shares      bigint NOT NULL,
    PRIMARY KEY (pool_id, slice_ms, length_ms, worker_id, reason)
) PARTITION BY RANGE (slice_ms);
CREATE INDEX reject_slices_account ON reject_slices (account_id, pool_id, slice_ms);

-- The sums of a pool by slice: hash-rate history and the walk back through a PPLNS window. Hash rate of a slice is
-- work_sum / (length_ms / 1000). Small, so not partitioned.
CREATE TABLE pool_slices (
    pool_id     int NOT NULL,
    slice_ms    bigint NOT NULL,
    length_ms   int NOT NULL,
    shares      bigint NOT NULL DEFAULT 0,
    work_sum    numeric(39,0) NOT NULL DEFAULT 0,
    stale       bigint NOT NULL DEFAULT 0,
    duplicate   bigint NOT NULL DEFAULT 0,
    lowdiff     bigint NOT NULL DEFAULT 0,
    invalid     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (pool_id, slice_ms, length_ms)
);
