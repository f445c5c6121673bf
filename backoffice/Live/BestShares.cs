using System.Globalization;
using System.Numerics;
using Npgsql;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Live;

/// <summary>A best share.</summary>
/// <param name="Work">Expected hashes of its hash.</param>
/// <param name="AtMs">When, Unix milliseconds.</param>
/// <param name="AccountId">Whose.</param>
/// <param name="Account">The account's name.</param>
/// <param name="Worker">The rig's name.</param>
internal sealed record BestShare(double Work, long AtMs, long AccountId, string Account, string Worker);

/// <summary>
/// The best shares of workers, accounts and pools, of all time (<c>day</c> null) or of a UTC day. Engines of before tell of none: then
/// there is none.
/// </summary>
internal sealed class BestShares(ReadDatabase read)
{
    /// <summary>Number of the UTC day of a time.</summary>
    public static int Day(long nowMs) => WorkerBest.DayOf(nowMs);

    /// <summary>
    /// Difficulty of expected hashes as the coin's miners count it: the target of difficulty 1 by the hash. It is what a miner's own screen
    /// says of that share.
    /// </summary>
    public static double Difficulty(double work, CoinDefinition coin)
    {
        var one = BigInteger.Parse("0" + coin.Difficulty1Target, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return work * Math.ScaleB((double)one, -256);
    }

    /// <summary>The best of a pool; null without one.</summary>
    public async Task<BestShare?> OfPool(int poolId, int? day = null, CancellationToken cancel = default)
    {
        var rows = await read.Source.RowsAsync(
            $"""
            SELECT b.work, b.at_ms, b.account_id, a.name, w.name FROM {Table(day)} b
            JOIN accounts a USING (account_id) JOIN workers w USING (worker_id)
            WHERE b.pool_id = $1 {OfDay(day, 2)} ORDER BY b.work DESC LIMIT 1
            """,
            Values(day, poolId),
            Read,
            cancel);
        return rows.FirstOrDefault();
    }

    /// <summary>The best of an account; null without one.</summary>
    public async Task<BestShare?> OfAccount(int poolId, long accountId, int? day = null, CancellationToken cancel = default)
    {
        var rows = await read.Source.RowsAsync(
            $"""
            SELECT b.work, b.at_ms, b.account_id, a.name, w.name FROM {Table(day)} b
            JOIN accounts a USING (account_id) JOIN workers w USING (worker_id)
            WHERE b.pool_id = $1 AND b.account_id = $2 {OfDay(day, 3)} ORDER BY b.work DESC LIMIT 1
            """,
            Values(day, poolId, accountId),
            Read,
            cancel);
        return rows.FirstOrDefault();
    }

    /// <summary>By worker: the best of those of an account that have one.</summary>
    public async Task<Dictionary<long, double>> OfWorkers(
        int poolId, IReadOnlyCollection<long> workerIds, int? day = null, CancellationToken cancel = default) =>
        (await read.Source.RowsAsync(
            $"SELECT worker_id, work FROM {Table(day)} WHERE pool_id = $1 AND worker_id = ANY($2) {OfDay(day, 3)}",
            Values(day, poolId, workerIds.ToArray()),
            row => (row.GetInt64(0), row.GetDouble(1)),
            cancel)).ToDictionary();

    /// <summary>By account: the best of those that have one.</summary>
    public async Task<Dictionary<long, double>> OfAccounts(
        int poolId, IReadOnlyCollection<long> accountIds, int? day = null, CancellationToken cancel = default) =>
        (await read.Source.RowsAsync(
            $"""
            SELECT account_id, max(work) FROM {Table(day)} WHERE pool_id = $1 AND account_id = ANY($2) {OfDay(day, 3)}
            GROUP BY account_id
            """,
            Values(day, poolId, accountIds.ToArray()),
            row => (row.GetInt64(0), row.GetDouble(1)),
            cancel)).ToDictionary();

    /// <summary>How many accounts have a better share than this one, and how many have any.</summary>
    public async Task<(long Better, long All)> Standing(int poolId, double work, int? day = null, CancellationToken cancel = default)
    {
        var rows = await read.Source.RowsAsync(
            $"""
            SELECT count(DISTINCT account_id) FILTER (WHERE work > $2), count(DISTINCT account_id) FROM {Table(day)}
            WHERE pool_id = $1 {OfDay(day, 3)}
            """,
            Values(day, poolId, work),
            row => (row.GetInt64(0), row.GetInt64(1)),
            cancel);
        return rows[0];
    }

    private static string Table(int? day) => day is null ? "best_shares" : "best_share_days";

    private static string OfDay(int? day, int parameter) => day is null ? "" : $"AND day = ${parameter}";

    private static object?[] Values(int? day, params object?[] values) => day is null ? values : [.. values, day];

    private static BestShare Read(NpgsqlDataReader row) =>
        new(row.GetDouble(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.GetString(4));
}
