-- Double entry. Every movement is a transaction with a unique cause whose lines sum to zero; lines are never changed or deleted,
-- only compensated. A balance is the sum of its lines.
--
-- Kinds and signs: what is owed or kept is positive, where coins come from is negative.
--   block_reward     minus the rewards of all blocks that stand (immature and confirmed)
--   user_immature    per account: provisional credits of immature blocks, not spendable
--   user_confirmed   per account: what the next payout may take; negative only after a compensation, then nothing is paid
--   fee_immature     the pool's fee of immature blocks
--   pool_fee         the pool's fee of confirmed blocks, less the network fees it has borne
--   in_flight        taken from balances by payouts that are not final
--   paid             sent and final
--   network_fees     transaction fees of final payouts
-- So for each pool: -block_reward = users + fees + in_flight + paid + network_fees. Each pool has its own set: its wallet backs it.
CREATE TABLE ledger_accounts (
    ledger_account_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id     int NOT NULL REFERENCES pools,
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('block_reward', 'user_immature', 'user_confirmed', 'fee_immature', 'pool_fee',
                                                          'in_flight', 'paid', 'network_fees')),
    account_id  bigint REFERENCES accounts,
    balance     bigint NOT NULL DEFAULT 0,          -- kept by trigger; the audit compares it with the sum of the lines
    UNIQUE NULLS NOT DISTINCT (pool_id, kind, account_id),
    CHECK ((account_id IS NOT NULL) = (kind IN ('user_immature', 'user_confirmed')))
);
CREATE INDEX ledger_accounts_user ON ledger_accounts (account_id) WHERE account_id IS NOT NULL;

CREATE TABLE ledger_transactions (
    transaction_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id     int NOT NULL REFERENCES pools,
    cause       text COLLATE "C" NOT NULL UNIQUE,   -- block:HASH:immature:CYCLE, payout:ID:prepared ...: the same movement never happens twice
    block_id    bigint,                             -- the block it is about, if any
    payout_id   bigint,                             -- the payout it is about, if any
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_transactions_block ON ledger_transactions (block_id) WHERE block_id IS NOT NULL;
CREATE INDEX ledger_transactions_payout ON ledger_transactions (payout_id) WHERE payout_id IS NOT NULL;

CREATE TABLE ledger_lines (
    line_id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id     bigint NOT NULL REFERENCES ledger_transactions,
    ledger_account_id  bigint NOT NULL REFERENCES ledger_accounts,
    amount             bigint NOT NULL CHECK (amount <> 0),
    UNIQUE (transaction_id, ledger_account_id)
);
CREATE INDEX ledger_lines_account ON ledger_lines (ledger_account_id, line_id);

-- All lines of a transaction come in one statement. It must sum to zero per transaction and stay within one pool.
CREATE FUNCTION ledger_lines_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_lines GROUP BY transaction_id HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'ledger: the lines of a transaction do not sum to zero';
    END IF;
    IF EXISTS (SELECT FROM new_lines
               JOIN ledger_accounts a USING (ledger_account_id)
               JOIN ledger_transactions t USING (transaction_id)
               WHERE a.pool_id <> t.pool_id) THEN
        RAISE EXCEPTION 'ledger: a transaction touches accounts of another pool';
    END IF;

    IF EXISTS (SELECT FROM (SELECT transaction_id, count(*) AS lines FROM new_lines GROUP BY transaction_id) n
               WHERE n.lines <> (SELECT count(*) FROM ledger_lines l WHERE l.transaction_id = n.transaction_id)) THEN
        RAISE EXCEPTION 'ledger: lines were added to a transaction that has some';
    END IF;

    -- Locked in one order by everybody, so that two postings cannot wait for each other; NO KEY, because both hold the foreign key's
    -- lock already.
    PERFORM FROM ledger_accounts WHERE ledger_account_id IN (SELECT ledger_account_id FROM new_lines) ORDER BY ledger_account_id
        FOR NO KEY UPDATE;
    UPDATE ledger_accounts a SET balance = a.balance + s.amount
    FROM (SELECT ledger_account_id, sum(amount)::bigint AS amount FROM new_lines GROUP BY ledger_account_id) s
    WHERE a.ledger_account_id = s.ledger_account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_lines_check AFTER INSERT ON ledger_lines REFERENCING NEW TABLE AS new_lines
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_lines_check();

CREATE FUNCTION ledger_transactions_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM ledger_lines WHERE transaction_id = NEW.transaction_id) < 2 THEN
        RAISE EXCEPTION 'ledger: transaction % has no lines', NEW.cause;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transactions_check AFTER INSERT ON ledger_transactions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_transactions_check();

CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % is append-only, post a compensating transaction', TG_TABLE_NAME;
END $$;
CREATE TRIGGER ledger_lines_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_lines
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
CREATE TRIGGER ledger_transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only();
