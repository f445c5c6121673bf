using Dapper;
using Npgsql;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Facades;

/// <summary>A payment.</summary>
internal sealed record McPaymentRow(string Address, long Amount, string Txid, DateTime CreatedAt);

/// <summary>A line of an account's balance.</summary>
internal sealed record McChangeRow(string Cause, long Amount, DateTime CreatedAt);

/// <summary>A day's earnings.</summary>
internal sealed record McDayRow(DateTime Day, long Amount);

/// <summary>What was paid, and last.</summary>
internal sealed record McPaidRow(long Today, DateTime? LastAt, string? LastTxid);

/// <summary>A summed hour of a pool.</summary>
internal sealed record McHourRow(long AtMs, long Shares, long Miners, long Workers);

/// <summary>A summed hour of a rig.</summary>
internal sealed record McRigHourRow(long AtMs, string Name, long Shares, double Work);

/// <summary>
/// What Miningcore's API shows and the own one does not. Its pages are counted: each is a range of an index, whose beginning is bounded.
/// </summary>
internal sealed class MiningcoreQueries(ReadDatabase database)
{
    private readonly NpgsqlDataSource _source = database.Source;

    /// <summary>Payments that have been sent, newest first; of one account, where asked for. Transaction fees are taken off.</summary>
    public async Task<List<McPaymentRow>> Payments(int poolId, long? accountId, int skip, int take)
    {
        await using var connection = await _source.OpenConnectionAsync();
        var filter = accountId is null ? "" : "AND l.account_id = @accountId";
        return [.. await connection.QueryAsync<McPaymentRow>(
            $"""
            SELECT l.address, l.amount - l.fee AS amount, p.txid, p.created_at
            FROM payouts p JOIN payout_lines l USING (payout_id)
            WHERE p.pool_id = @poolId AND p.state IN ('broadcast', 'confirmed') {filter}
            ORDER BY p.payout_id DESC, l.account_id OFFSET @skip LIMIT @take
            """,
            new { poolId, accountId, skip, take })];
    }

    public async Task<long> PaymentCount(int poolId, long? accountId)
    {
        await using var connection = await _source.OpenConnectionAsync();
        var filter = accountId is null ? "" : "AND l.account_id = @accountId";
        return await connection.ExecuteScalarAsync<long>(
            $"""
            SELECT count(*) FROM payouts p JOIN payout_lines l USING (payout_id)
            WHERE p.pool_id = @poolId AND p.state IN ('broadcast', 'confirmed') {filter}
            """,
            new { poolId, accountId });
    }

    public async Task<McPaidRow> Paid(int poolId, long accountId, DateTimeOffset today)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.QuerySingleAsync<McPaidRow>(
            """
            SELECT coalesce(sum(l.amount - l.fee) FILTER (WHERE p.created_at >= @today), 0)::bigint AS today,
                   max(p.created_at) AS last_at, (array_agg(p.txid ORDER BY p.payout_id DESC))[1] AS last_txid
            FROM payout_lines l JOIN payouts p USING (payout_id)
            WHERE l.account_id = @accountId AND p.pool_id = @poolId AND p.state IN ('broadcast', 'confirmed')
            """,
            new { poolId, accountId, today });
    }

    /// <summary>Movements of what may be paid to an account, newest first.</summary>
    public async Task<List<McChangeRow>> Changes(int poolId, long accountId, int skip, int take)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<McChangeRow>(
            """
            SELECT t.cause, l.amount, t.created_at
            FROM ledger_accounts a JOIN ledger_lines l USING (ledger_account_id) JOIN ledger_transactions t USING (transaction_id)
            WHERE a.pool_id = @poolId AND a.kind = 'user_confirmed' AND a.account_id = @accountId
            ORDER BY l.line_id DESC OFFSET @skip LIMIT @take
            """,
            new { poolId, accountId, skip, take })];
    }

    public async Task<long> ChangeCount(int poolId, long accountId)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(
            """
            SELECT count(*) FROM ledger_accounts a JOIN ledger_lines l USING (ledger_account_id)
            WHERE a.pool_id = @poolId AND a.kind = 'user_confirmed' AND a.account_id = @accountId
            """,
            new { poolId, accountId });
    }

    /// <summary>What blocks brought an account by UTC day, newest first.</summary>
    public async Task<List<McDayRow>> Days(int poolId, long accountId, int skip, int take)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<McDayRow>(
            """
            SELECT date_trunc('day', t.created_at AT TIME ZONE 'UTC') AS day, sum(l.amount)::bigint AS amount
            FROM ledger_accounts a JOIN ledger_lines l USING (ledger_account_id) JOIN ledger_transactions t USING (transaction_id)
            WHERE a.pool_id = @poolId AND a.kind = 'user_confirmed' AND a.account_id = @accountId AND t.block_id IS NOT NULL
            GROUP BY 1 ORDER BY 1 DESC OFFSET @skip LIMIT @take
            """,
            new { poolId, accountId, skip, take })];
    }

    /// <summary>Blocks in the states that Miningcore knows.</summary>
    public async Task<long> BlockCount(int poolId)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM blocks WHERE pool_id = @poolId", new { poolId });
    }

    /// <summary>The summed hours of a pool since a time.</summary>
    public async Task<List<McHourRow>> Hours(int poolId, long fromMs)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<McHourRow>(
            """
            SELECT at_ms, shares, miners::bigint AS miners, workers::bigint AS workers FROM summed_periods
            WHERE pool_id = @poolId AND length_ms = @HourMs AND at_ms >= @fromMs ORDER BY at_ms
            """,
            new { poolId, SliceSums.HourMs, fromMs })];
    }

    /// <summary>The summed hours of an account's rigs since a time.</summary>
    public async Task<List<McRigHourRow>> RigHours(int poolId, long accountId, long fromMs)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<McRigHourRow>(
            """
            SELECT s.at_ms, w.name, s.shares, s.work_sum::float8 AS work FROM worker_sums s JOIN workers w USING (worker_id)
            WHERE s.pool_id = @poolId AND s.account_id = @accountId AND s.at_ms >= @fromMs AND s.shares > 0 ORDER BY s.at_ms
            """,
            new { poolId, accountId, fromMs })];
    }
}
