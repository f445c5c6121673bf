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

    /// <summary>Accounts to be paid now, richest first, with the address they are paid at.</summary>
    public async Task<List<Payable>> Payable(PayoutPool pool, DateTimeOffset now)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await PayoutChoice.OfAsync(connection, pool, now, pool.Config.Payouts.BatchMax);
    }

    /// <summary>
    /// The intent: lines chosen, balances moved into flight. Null, and nothing is done, when the pool is frozen or has an open payout, or
    /// when anything that a line was chosen by has changed since it was read.
    /// </summary>
    public Task<long?> Prepare(PayoutPool pool, IReadOnlyList<PayoutLine> lines, DateTimeOffset now) =>
        InTransaction<long?>(async connection =>
        {
            var poolId = pool.PoolId;
            await PayoutChoice.LockAsync(connection);
            await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtext('payouts'), @poolId)", new { poolId });
            var open = await connection.ExecuteScalarAsync<long>(
                "SELECT count(*) FROM payouts WHERE pool_id = @poolId AND state IN ('prepared', 'signed', 'broadcast')", new { poolId });
            if (open > 0 || await PayoutChoice.HeldAsync(connection, poolId, 0) is not null) return null;

            await LockBalances(connection, poolId, lines);
            long[] accounts = [.. lines.Select(line => line.AccountId)];
            var chosen = (await PayoutChoice.OfAsync(connection, pool, now, accounts.Length, accounts)).ToDictionary(p => p.AccountId);
            if (!lines.All(line => chosen.TryGetValue(line.AccountId, out var p) && p.Address == line.Address && p.Balance >= line.Amount))
                return null;

            var payoutId = await Insert(connection, pool, lines, now);
            await TakeWishes(connection, poolId, payoutId, accounts, [.. chosen.Values.Where(p => p.IsApproved).Select(p => p.AccountId)]);
            await PayoutLedger.Prepared(connection, poolId, payoutId, lines);
            return payoutId;
        });

    private static async Task<long> Insert(
        NpgsqlConnection connection, PayoutPool pool, IReadOnlyList<PayoutLine> lines, DateTimeOffset now)
    {
        var feeFrom = pool.Config.Payouts.FeeFrom;
        var payoutId = await connection.ExecuteScalarAsync<long>(
            """
            INSERT INTO payouts (pool_id, marker, fee_from, total, created_at) VALUES (@PoolId, @marker, @feeFrom, @total, @now)
            RETURNING payout_id
            """,
            new { pool.PoolId, marker = Guid.NewGuid().ToString("n"), feeFrom, total = lines.Sum(line => line.Amount), now });
        await connection.ExecuteAsync(
            "INSERT INTO payout_lines (payout_id, account_id, address, amount) VALUES (@payoutId, @AccountId, @Address, @Amount)",
            lines.Select(line => new { payoutId, line.AccountId, line.Address, line.Amount }));
        return payoutId;
    }

    /// <summary>Requests and approvals that this payout answers: each is good for one.</summary>
    private static async Task TakeWishes(NpgsqlConnection connection, int poolId, long payoutId, long[] accounts, long[] approved)
    {
        await connection.ExecuteAsync(
            """
            UPDATE payout_requests SET state = 'taken', payout_id = @payoutId
            WHERE pool_id = @poolId AND account_id = ANY(@accounts) AND state = 'waiting'
            """,
            new { poolId, payoutId, accounts });
        await connection.ExecuteAsync(
            """
            UPDATE payout_approvals SET payout_id = @payoutId
            WHERE pool_id = @poolId AND account_id = ANY(@approved) AND payout_id IS NULL
            """,
            new { poolId, payoutId, approved });
    }

    /// <summary>Why a payout that is not signed must wait, in words; null if it need not.</summary>
    public async Task<string?> Held(int poolId, long payoutId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await PayoutChoice.HeldAsync(connection, poolId, payoutId);
    }

    /// <summary>True if a payout that is not signed has lines that would not be chosen so any more.</summary>
    public async Task<bool> IsOutdated(PayoutPool pool, long payoutId)
    {
        await using var connection = await source.OpenConnectionAsync();
        return await PayoutChoice.OutdatedAsync(connection, pool, payoutId) > 0;
    }

    /// <summary>
    /// Stores the first signed bytes, inputs and fees: from here on the payout may be on the network, whatever happens to us. False, and
    /// nothing is stored, if meanwhile it was frozen, given up, or has lines that would not be chosen so any more: then the bytes must
    /// never be sent.
    /// </summary>
    public Task<bool> FirstSigned(PayoutPool pool, long payoutId, SignedTransaction signed, IReadOnlyList<PayoutLine> lines) =>
        InTransaction(async connection =>
        {
            await PayoutChoice.LockAsync(connection);
            if (await PayoutChoice.HeldAsync(connection, pool.PoolId, payoutId) is not null
                || await PayoutChoice.OutdatedAsync(connection, pool, payoutId) > 0) return false;
            var changed = await SetSigned(connection, payoutId, signed, "'prepared'");
            if (changed == 0) return false;

            await InsertTransaction(connection, payoutId, 1, signed);
            await connection.ExecuteAsync(
                "INSERT INTO payout_inputs (payout_id, txid, vout, amount) VALUES (@payoutId, @Txid, @Vout, @Amount)",
                signed.Inputs.Select(input => new { payoutId, input.Txid, input.Vout, input.Amount }));
            await connection.ExecuteAsync(
                "UPDATE payout_lines SET fee = @Fee WHERE payout_id = @payoutId AND account_id = @AccountId",
                lines.Select(line => new { payoutId, line.AccountId, line.Fee }));
            return true;
        });

    /// <summary>Stores the bytes of a later attempt over the same inputs. False if the payout is final meanwhile.</summary>
    public Task<bool> SignedAgain(long payoutId, int attempt, SignedTransaction signed) =>
        InTransaction(async connection =>
        {
            if (await SetSigned(connection, payoutId, signed, "'signed', 'broadcast'") == 0) return false;
            await InsertTransaction(connection, payoutId, attempt, signed);
            return true;
        });

    private static Task<int> SetSigned(NpgsqlConnection connection, long payoutId, SignedTransaction signed, string from) =>
        connection.ExecuteAsync(
            $"""
            UPDATE payouts SET state = 'signed', state_reason = '', txid = @Txid, fee = @Fee, is_stuck = false, changed_at = now()
            WHERE payout_id = @payoutId AND state IN ({from})
            """,
            new { payoutId, signed.Txid, signed.Fee });

    private static Task<int> InsertTransaction(NpgsqlConnection connection, long payoutId, int attempt, SignedTransaction signed) =>
        connection.ExecuteAsync(
            "INSERT INTO payout_transactions (payout_id, attempt, txid, raw, fee) VALUES (@payoutId, @attempt, @Txid, @Raw, @Fee)",
            new { payoutId, attempt, signed.Txid, signed.Raw, signed.Fee });

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

    /// <summary>Given up: the lines go back to the balances, the inputs to the wallet. False if its state is another meanwhile.</summary>
    public Task<bool> Failed(int poolId, Payout payout, IReadOnlyList<PayoutLine> lines, string reason) =>
        InTransaction(async connection =>
        {
            await PayoutChoice.LockAsync(connection);
            var changed = await connection.ExecuteAsync(
                """
                UPDATE payouts SET state = 'failed', state_reason = @reason, is_stuck = false, changed_at = now()
                WHERE payout_id = @PayoutId AND state = @State
                """,
                new { payout.PayoutId, payout.State, reason });
            if (changed == 0) return false;

            await connection.ExecuteAsync(
                "UPDATE payout_inputs SET is_live = false WHERE payout_id = @PayoutId", new { payout.PayoutId });
            await GiveWishesBack(connection, payout.PayoutId);
            await PayoutLedger.Failed(connection, poolId, payout.PayoutId, lines);
            return true;
        });

    /// <summary>Requests wait again, unless the account has asked anew; approvals are good again, unless there is a newer one.</summary>
    private static async Task GiveWishesBack(NpgsqlConnection connection, long payoutId)
    {
        await connection.ExecuteAsync(
            """
            UPDATE payout_requests r SET payout_id = NULL, state = CASE WHEN EXISTS (
                SELECT FROM payout_requests o WHERE o.pool_id = r.pool_id AND o.account_id = r.account_id AND o.state = 'waiting')
                THEN 'cancelled' ELSE 'waiting' END
            WHERE r.payout_id = @payoutId
            """,
            new { payoutId });
        await connection.ExecuteAsync(
            """
            UPDATE payout_approvals v SET payout_id = NULL
            WHERE v.payout_id = @payoutId AND NOT EXISTS (
                SELECT FROM payout_approvals o WHERE o.pool_id = v.pool_id AND o.account_id = v.account_id AND o.payout_id IS NULL)
            """,
            new { payoutId });
    }

    /// <summary>The balances of these accounts stay as they are until the end of the transaction.</summary>
    private static Task LockBalances(NpgsqlConnection connection, int poolId, IEnumerable<PayoutLine> lines) =>
        connection.ExecuteAsync(
            """
            SELECT FROM ledger_accounts
            WHERE pool_id = @poolId AND kind = 'user_confirmed' AND account_id = ANY(@accounts)
            ORDER BY ledger_account_id FOR UPDATE
            """,
            new { poolId, accounts = lines.Select(line => line.AccountId).ToArray() });

    private async Task Execute(string sql, object parameters)
    {
        await using var connection = await source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>A step that has begun is not cancelled half-way. Commands join the connection's transaction by themselves.</summary>
    private Task<T> InTransaction<T>(Func<NpgsqlConnection, Task<T>> work) => source.InTransactionAsync(work, CancellationToken.None);
}
