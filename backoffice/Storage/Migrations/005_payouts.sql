-- Payouts: intent, signed bytes, broadcast, confirmations. Each step is one database transaction; a restart resumes by state and
-- sends the same bytes again, never new ones.
--
--   prepared   lines chosen, balances moved to in_flight (cause payout:ID:prepared). Nothing signed yet: may be taken back.
--   signed     raw transaction and inputs are stored in payout_transactions and payout_inputs. From here on it may be on the
--              network, whatever we remember: only the chain can end it.
--   broadcast  a node has taken it; confirmations are counted. Falls back to signed when a reorganisation drops it.
--   confirmed  deep enough: in_flight became paid and network_fees (cause payout:ID:confirmed:CYCLE).
--   failed     its inputs were spent by another confirmed transaction, or an operator released it: compensated, lines go back.
CREATE TABLE payouts (
    payout_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id        int NOT NULL REFERENCES pools,
    state          text COLLATE "C" NOT NULL DEFAULT 'prepared' CHECK (state IN ('prepared', 'signed', 'broadcast', 'confirmed', 'failed')),
    state_reason   text NOT NULL DEFAULT '',        -- words for people: what it waits for, what went wrong
    marker         text COLLATE "C" NOT NULL UNIQUE,    -- random, goes into the wallet's comment where the wallet takes one
    fee_from       text COLLATE "C" NOT NULL CHECK (fee_from IN ('pool', 'miners')),
    total          bigint NOT NULL CHECK (total > 0),   -- sum of the lines: what left the balances
    fee            bigint CHECK (fee >= 0),         -- of the transaction in force; null until signed
    txid           text COLLATE "C" UNIQUE,         -- of the transaction in force; null until signed
    cycle          int NOT NULL DEFAULT 0,          -- how often it was confirmed; part of the ledger's causes
    confirmations  int NOT NULL DEFAULT 0,          -- as last seen; negative: conflicted
    block_hash     text COLLATE "C",
    is_stuck       boolean NOT NULL DEFAULT false,  -- alarmed: an operator must look
    created_at     timestamptz NOT NULL DEFAULT now(),
    changed_at     timestamptz NOT NULL DEFAULT now(),
    sent_at        timestamptz,
    confirmed_at   timestamptz
);
CREATE INDEX payouts_pool ON payouts (pool_id, payout_id);
CREATE INDEX payouts_open ON payouts (pool_id) WHERE state IN ('prepared', 'signed', 'broadcast');

-- One per account. Several lines of one payout may name the same address: the transaction has one output with their sum.
CREATE TABLE payout_lines (
    payout_id   bigint NOT NULL REFERENCES payouts,
    account_id  bigint NOT NULL REFERENCES accounts,
    address     text COLLATE "C" NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0), -- taken from the balance
    fee         bigint NOT NULL DEFAULT 0 CHECK (fee >= 0 AND fee < amount),   -- of it for the network, where miners bear the fee
    PRIMARY KEY (payout_id, account_id)
);
CREATE INDEX payout_lines_account ON payout_lines (account_id, payout_id);

-- Every transaction ever signed for a payout. The second and later ones replace the first by spending the same inputs at a higher
-- fee (an operator's bump); any of them may be the one that confirms.
CREATE TABLE payout_transactions (
    payout_id   bigint NOT NULL REFERENCES payouts,
    attempt     int NOT NULL,                       -- 1 is the first
    txid        text COLLATE "C" NOT NULL UNIQUE,
    raw         bytea NOT NULL,                     -- signed, ready for sendrawtransaction
    fee         bigint NOT NULL CHECK (fee >= 0),
    signed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (payout_id, attempt)
);

-- What they spend. An input belongs to one live payout at most; is_live goes to false when the payout has failed.
CREATE TABLE payout_inputs (
    payout_id   bigint NOT NULL REFERENCES payouts,
    txid        text COLLATE "C" NOT NULL,
    vout        int NOT NULL,
    amount      bigint NOT NULL CHECK (amount >= 0),
    is_live     boolean NOT NULL DEFAULT true,
    PRIMARY KEY (payout_id, txid, vout)
);
CREATE UNIQUE INDEX payout_inputs_live ON payout_inputs (txid, vout) WHERE is_live;
