using Dapper;
using Npgsql;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>A payout row for the API.</summary>
internal sealed record PayoutRow
{
    public long PayoutId { get; init; }

    public string State { get; init; } = "";

    public string StateReason { get; init; } = "";

    public bool IsStuck { get; init; }

    public string? Txid { get; init; }

    public long Total { get; init; }

    public long? Fee { get; init; }

    public int Confirmations { get; init; }

    public int Lines { get; init; }

    public DateTime CreatedAt { get; init; }

    public PayoutAnswer Answer(int decimals, string? explorer) => new(
        PayoutId,
        State,
        StateReason,
        IsStuck,
        Txid,
        Amount.Of(Total, decimals),
        Fee is { } fee ? Amount.Of(fee, decimals) : null,
        Confirmations,
        Lines,
        new DateTimeOffset(CreatedAt),
        PoolsApi.Link(explorer, "txid", Txid));
}

/// <summary>A line of a payout for the API.</summary>
internal sealed record PayoutLineRow
{
    public long PayoutId { get; init; }

    public string State { get; init; } = "";

    public string? Txid { get; init; }

    public string Address { get; init; } = "";

    public long Amount { get; init; }

    public long Fee { get; init; }

    public int Confirmations { get; init; }

    public DateTime CreatedAt { get; init; }

    public MinerPayoutAnswer Answer(int decimals, string? explorer) => new(
        PayoutId,
        State,
        Txid,
        Address,
        Pools.Amount.Of(Amount, decimals),
        Pools.Amount.Of(Fee, decimals),
        Confirmations,
        new DateTimeOffset(CreatedAt),
        PoolsApi.Link(explorer, "txid", Txid));
}

/// <summary>What the API reads about payouts. All lists are bounded by their limit.</summary>
internal sealed class PayoutQueries(ReadDatabase database)
{
    private readonly NpgsqlDataSource _source = database.Source;

    public async Task<List<PayoutRow>> OfPool(int poolId, long? before, int limit)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<PayoutRow>(
            """
            SELECT payout_id, state, state_reason, is_stuck, txid, total, fee, confirmations, created_at,
                   (SELECT count(*) FROM payout_lines l WHERE l.payout_id = p.payout_id)::int AS lines
            FROM payouts p WHERE pool_id = @poolId AND payout_id < @before ORDER BY payout_id DESC LIMIT @limit
            """,
            new { poolId, before = before ?? long.MaxValue, limit })];
    }

    public async Task<List<PayoutLineRow>> OfAccount(int poolId, long accountId, long? before, int limit)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return [.. await connection.QueryAsync<PayoutLineRow>(
            """
            SELECT p.payout_id, p.state, p.txid, l.address, l.amount, l.fee, p.confirmations, p.created_at
            FROM payout_lines l JOIN payouts p USING (payout_id)
            WHERE l.account_id = @accountId AND p.pool_id = @poolId AND l.payout_id < @before
            ORDER BY l.payout_id DESC LIMIT @limit
            """,
            new { poolId, accountId, before = before ?? long.MaxValue, limit })];
    }
}
