using System.Numerics;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Live;

/// <summary>A UTC day on which an account had shares.</summary>
internal readonly record struct ActiveDay(int Day, long Shares, BigInteger Work);

/// <summary>The blocks that an account found. Times in Unix milliseconds; null without one.</summary>
internal readonly record struct FoundBlocks(long Found, long Standing, long? FirstMs, long? LastMs);

/// <summary>What achievements are computed from.</summary>
internal sealed class AchievementQueries(ReadDatabase read)
{
    /// <summary>Number of an account, and when its name was first heard; null if it never was.</summary>
    public async Task<(long Id, DateTimeOffset Since)?> Account(string name)
    {
        var rows = await read.Source.RowsAsync(
            "SELECT account_id, created_at FROM accounts WHERE name = $1",
            [name],
            row => (row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1)),
            default);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>All days with shares in a pool, oldest first: those that are made, and later ones from the slices.</summary>
    public Task<List<ActiveDay>> Days(int poolId, long accountId) => read.Source.RowsAsync(
        """
        SELECT day, shares, work_sum FROM account_days WHERE pool_id = $1 AND account_id = $2
        UNION ALL
        SELECT (slice_ms / 86400000)::int, sum(shares)::bigint, sum(work_sum) FROM share_slices
        WHERE pool_id = $1 AND account_id = $2
              AND slice_ms >= coalesce((SELECT through_day + 1 FROM account_days_made WHERE pool_id = $1), 0) * 86400000::bigint
        GROUP BY 1
        ORDER BY 1
        """,
        [poolId, accountId],
        row => new ActiveDay(row.GetInt32(0), row.GetInt64(1), row.GetFieldValue<BigInteger>(2)),
        default);

    /// <summary>Its blocks.</summary>
    public async Task<FoundBlocks> Blocks(int poolId, long accountId) => (await read.Source.RowsAsync(
        """
        SELECT count(*), count(*) FILTER (WHERE state IN ('immature', 'confirmed')), min(share_ms), max(share_ms)
        FROM blocks WHERE pool_id = $1 AND account_id = $2
        """,
        [poolId, accountId],
        row => new FoundBlocks(
            row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2), row.IsDBNull(3) ? null : row.GetInt64(3)),
        default))[0];

    /// <summary>When it was first paid for good; null if never.</summary>
    public async Task<DateTimeOffset?> FirstPayout(int poolId, long accountId) => (await read.Source.RowsAsync(
        """
        SELECT min(p.confirmed_at) FROM payout_lines l JOIN payouts p USING (payout_id)
        WHERE p.pool_id = $1 AND l.account_id = $2 AND p.state = 'confirmed'
        """,
        [poolId, accountId],
        row => row.IsDBNull(0) ? (DateTimeOffset?)null : row.GetFieldValue<DateTimeOffset>(0),
        default))[0];

    /// <summary>The newest compact target in a pool's work.</summary>
    public async Task<long> TipBits(int poolId) => (await read.Source.RowsAsync(
        "SELECT tip_nbits FROM pools WHERE pool_id = $1", [poolId], row => row.GetInt64(0), default))[0];
}
