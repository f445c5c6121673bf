-- Who is served and who is paid.
--
-- Conventions of the whole schema: amounts are bigint in base units (satoshi), work is expected hashes (numeric, since u64 and
-- sums of it exceed bigint), *_ms are Unix milliseconds UTC, hashes and txids are 64 lowercase hex digits as nodes print them.

-- One row per configured pool. Rows are made by the program from the configuration; a pool that only an engine knows gets a row
-- without a coin, so that its shares are kept until the operator configures it here too.
CREATE TABLE pools (
    pool_id     int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text COLLATE "C" NOT NULL UNIQUE,   -- pools[].id of the configuration
    coin        text COLLATE "C",                   -- coin definition's name: bitcoin
    network     text COLLATE "C",                   -- mainnet, testnet, signet, regtest
    tip_nbits   bigint NOT NULL DEFAULT 0,          -- compact target of the newest tip seen in the pool's batches
    tip_height  bigint NOT NULL DEFAULT 0,          -- height worked for
    tip_ms      bigint NOT NULL DEFAULT 0,          -- share time of that batch
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- Someone who is paid. The name is the stratum user up to the first dot and never changes: mostly an address.
CREATE TABLE accounts (
    account_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text COLLATE "C" NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- A named rig: the part of the stratum user after the first dot, '' without one.
CREATE TABLE workers (
    worker_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint NOT NULL REFERENCES accounts,
    name          text COLLATE "C" NOT NULL,
    last_share_ms bigint NOT NULL DEFAULT 0,        -- as of the newest slice: up to one slice behind
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);

-- Where an account is paid in a coin of a network. First the stratum name itself, if it is an address of that network.
CREATE TABLE payout_addresses (
    account_id  bigint NOT NULL REFERENCES accounts,
    coin        text COLLATE "C" NOT NULL,
    network     text COLLATE "C" NOT NULL,
    address     text COLLATE "C" NOT NULL,
    set_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, coin, network)
);
