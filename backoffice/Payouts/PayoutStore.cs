using Dapper;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Payouts in the database. Every method that changes something is one transaction, ledger lines included.</summary>
internal sealed class PayoutStore(NpgsqlDataSource source)
{
    private const string Columns = "payout_id, state, state_reason, fee_from, total, cycle, confirmations, is_stuck, txid, sent_at";

    /// <summary>Payouts that are neither confirmed nor failed, oldest first.</summary>
    public async Task<List<Payout>> Open(int poolId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<Payout>(
            $"SELECT {Columns} FROM payouts WHERE pool_id = @poolId AND state IN ('prepared', 'signed', 'broadcast') ORDER BY payout_id",
            new { poolId })];
    }

    /// <summary>Confirmed payouts that a reorganisation could still undo.</summary>
    public async Task<List<Payout>> Shallow(int poolId, int depth)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<Payout>(
            $"SELECT {Columns} FROM payouts WHERE pool_id = @poolId AND state = 'confirmed' AND confirmations < @depth ORDER BY payout_id",
            new { poolId, depth })];
    }

    public async Task<Payout?> Find(long payoutId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await connection.QuerySingleOrDefaultAsync<Payout>(
            $"SELECT {Columns} FROM payouts WHERE payout_id = @payoutId", new { payoutId });
    }

    /// <summary>The pool whose wallet pays it.</summary>
    public async Task<int> PoolOf(long payoutId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>("SELECT pool_id FROM payouts WHERE payout_id = @payoutId", new { payoutId });
    }

    public async Task<List<PayoutLine>> Lines(long payoutId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<PayoutLine>(
            "SELECT account_id, address, amount, fee FROM payout_lines WHERE payout_id = @payoutId ORDER BY account_id", new { payoutId })];
    }

    /// <summary>Every transaction ever signed for the payout, oldest first.</summary>
    public async Task<List<PayoutTransaction>> Transactions(long payoutId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<PayoutTransaction>(
            "SELECT attempt, txid, raw, fee FROM payout_transactions WHERE payout_id = @payoutId ORDER BY attempt", new { payoutId })];
    }

    public async Task<List<PayoutInput>> Inputs(long payoutId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<PayoutInput>(
            "SELECT txid, vout, amount FROM payout_inputs WHERE payout_id = @payoutId ORDER BY txid, vout", new { payoutId })];
    }

    /// <summary>Accounts at or above the threshold, richest first, with the address they are paid at (null where they have none).</summary>
    public async Task<List<Payable>> Payable(int poolId, string coin, string network, long threshold, int most)
    {
        await using var connection = await source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<Payable>(
            """
            SELECT l.account_id, a.name, l.balance, p.address
            FROM ledger_accounts l
            JOIN accounts a USING (account_id)
            LEFT JOIN payout_addresses p ON p.account_id = l.account_id AND p.coin = @coin AND p.network = @network
            WHERE l.pool_id = @poolId AND l.kind = 'user_confirmed' AND l.balance >= @threshold
            ORDER BY l.balance DESC, l.account_id
            LIMIT @most
            """,
            new { poolId, coin, network, threshold, most })];
    }

    /// <summary>The intent: lines chosen, balances moved into flight. Null when a balance has changed since it was read.</summary>
    public Task<long?> Prepare(int poolId, string feeFrom, IReadOnlyList<PayoutLine> lines) =>
        InTransaction<long?>(async connection =>
        {
            await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtext('payouts'), @poolId)", new { poolId });
            var open = await connection.ExecuteScalarAsync<long>(
                "SELECT count(*) FROM payouts WHERE pool_id = @poolId AND state IN ('prepared', 'signed', 'broadcast')", new { poolId });
            if (open > 0) return null;

            var balances = await LockBalances(connection, poolId, lines);
            if (lines.Any(line => balances.GetValueOrDefault(line.AccountId) < line.Amount)) return null;

            var payoutId = await connection.ExecuteScalarAsync<long>(
                "INSERT INTO payouts (pool_id, marker, fee_from, total) VALUES (@poolId, @marker, @feeFrom, @total) RETURNING payout_id",
                new { poolId, marker = Guid.NewGuid().ToString("n"), feeFrom, total = lines.Sum(line => line.Amount) });
            await connection.ExecuteAsync(
                "INSERT INTO payout_lines (payout_id, account_id, address, amount) VALUES (@payoutId, @AccountId, @Address, @Amount)",
                lines.Select(line => new { payoutId, line.AccountId, line.Address, line.Amount }));
            await PayoutLedger.Prepared(connection, poolId, payoutId, lines);
            return payoutId;
        });

    /// <summary>Stores signed bytes, inputs and fees: from here on the payout may be on the network, whatever happens to us.</summary>
    public Task Signed(long payoutId, int attempt, SignedTransaction signed, IReadOnlyList<PayoutLine> lines) =>
        InTransaction(async connection =>
        {
            await connection.ExecuteAsync(
                "INSERT INTO payout_transactions (payout_id, attempt, txid, raw, fee) VALUES (@payoutId, @attempt, @Txid, @Raw, @Fee)",
                new { payoutId, attempt, signed.Txid, signed.Raw, signed.Fee });
            if (attempt == 1)
            {
                await connection.ExecuteAsync(
                    "INSERT INTO payout_inputs (payout_id, txid, vout, amount) VALUES (@payoutId, @Txid, @Vout, @Amount)",
                    signed.Inputs.Select(input => new { payoutId, input.Txid, input.Vout, input.Amount }));
                await connection.ExecuteAsync(
                    "UPDATE payout_lines SET fee = @Fee WHERE payout_id = @payoutId AND account_id = @AccountId",
                    lines.Select(line => new { payoutId, line.AccountId, line.Fee }));
            }

            await connection.ExecuteAsync(
                """
                UPDATE payouts SET state = 'signed', state_reason = '', txid = @Txid, fee = @Fee, is_stuck = false, changed_at = now()
                WHERE payout_id = @payoutId AND state IN ('prepared', 'signed', 'broadcast')
                """,
                new { payoutId, signed.Txid, signed.Fee });
            return true;
        });

    /// <summary>A node has taken it.</summary>
    public Task Sent(long payoutId) => Execute(
        """
        UPDATE payouts SET state = 'broadcast', state_reason = '', sent_at = coalesce(sent_at, now()), changed_at = now()
        WHERE payout_id = @payoutId AND state = 'signed'
        """,
        new { payoutId });

    /// <summary>What it waits for, in words; <paramref name="isStuck"/> raises the alarm.</summary>
    public Task Waits(long payoutId, string reason, bool isStuck) => Execute(
        """
        UPDATE payouts SET state_reason = @reason, is_stuck = @isStuck, changed_at = now()
        WHERE payout_id = @payoutId AND (state_reason, is_stuck) IS DISTINCT FROM (@reason, @isStuck)
        """,
        new { payoutId, reason, isStuck });

    /// <summary>Confirmations as seen, without a change of state.</summary>
    public Task Seen(long payoutId, int confirmations, string? blockHash) => Execute(
        """
        UPDATE payouts SET confirmations = @confirmations, block_hash = @blockHash
        WHERE payout_id = @payoutId AND confirmations <> @confirmations
        """,
        new { payoutId, confirmations, blockHash });

    /// <summary>Deep enough: in flight becomes paid, and the fee of the transaction that was mined is booked.</summary>
    public Task Confirmed(int poolId, Payout payout, PayoutTransaction mined, int confirmations, string? blockHash) =>
        InTransaction(async connection =>
        {
            var changed = await connection.ExecuteAsync(
                """
                UPDATE payouts
                SET state = 'confirmed', state_reason = '', is_stuck = false, txid = @Txid, fee = @Fee, confirmations = @confirmations,
                    block_hash = @blockHash, confirmed_at = now(), changed_at = now(), cycle = cycle + 1
                WHERE payout_id = @PayoutId AND state IN ('signed', 'broadcast') AND cycle = @Cycle
                """,
                new { payout.PayoutId, payout.Cycle, mined.Txid, mined.Fee, confirmations, blockHash });
            if (changed == 1) await PayoutLedger.Confirmed(connection, poolId, payout, mined.Fee);
            return true;
        });

    /// <summary>A reorganisation took it out of the chain again.</summary>
    public Task Unconfirmed(int poolId, Payout payout, int confirmations) => InTransaction(async connection =>
    {
        var fee = await connection.ExecuteScalarAsync<long?>(
            """
            UPDATE payouts
            SET state = 'signed', state_reason = 'taken out of the chain by a reorganisation', confirmations = @confirmations,
                block_hash = NULL, confirmed_at = NULL, changed_at = now()
            WHERE payout_id = @PayoutId AND state = 'confirmed' AND cycle = @Cycle RETURNING fee
            """,
            new { payout.PayoutId, payout.Cycle, confirmations });
        if (fee is { } borne) await PayoutLedger.Unconfirmed(connection, poolId, payout, borne);
        return true;
    });

    /// <summary>Given up: the lines go back to the balances and the inputs to the wallet.</summary>
    public Task Failed(int poolId, Payout payout, IReadOnlyList<PayoutLine> lines, string reason) =>
        InTransaction(async connection =>
        {
            var changed = await connection.ExecuteAsync(
                """
                UPDATE payouts SET state = 'failed', state_reason = @reason, is_stuck = false, changed_at = now()
                WHERE payout_id = @PayoutId AND state = @State
                """,
                new { payout.PayoutId, payout.State, reason });
            if (changed == 0) return false;

            await connection.ExecuteAsync(
                "UPDATE payout_inputs SET is_live = false WHERE payout_id = @PayoutId", new { payout.PayoutId });
            await PayoutLedger.Failed(connection, poolId, payout.PayoutId, lines);
            return true;
        });

    /// <summary>The balances of these accounts, which stay as they are until the end of the transaction.</summary>
    private static async Task<Dictionary<long, long>> LockBalances(
        NpgsqlConnection connection, int poolId, IEnumerable<PayoutLine> lines)
    {
        var balances = await connection.QueryAsync<(long AccountId, long Balance)>(
            """
            SELECT account_id, balance FROM ledger_accounts
            WHERE pool_id = @poolId AND kind = 'user_confirmed' AND account_id = ANY(@accounts)
            ORDER BY ledger_account_id FOR UPDATE
            """,
            new { poolId, accounts = lines.Select(line => line.AccountId).ToArray() });
        return balances.ToDictionary(balance => balance.AccountId, balance => balance.Balance);
    }

    private async Task Execute(string sql, object parameters)
    {
        await using var connection = await source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>A step that has begun is not cancelled half-way. Commands join the connection's transaction by themselves.</summary>
    private Task<T> InTransaction<T>(Func<NpgsqlConnection, Task<T>> work) => source.InTransactionAsync(work, CancellationToken.None);
}
