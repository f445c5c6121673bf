using Dapper;
using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Pools.Figures;

/// <summary>What was mined and refused in a bucket of time.</summary>
internal sealed record SeriesRow
{
    public long AtMs { get; init; }

    public long Shares { get; init; }

    public double Work { get; init; }

    public long Stale { get; init; }

    public long Duplicate { get; init; }

    public long Lowdiff { get; init; }

    public long Invalid { get; init; }

    public static SeriesRow operator +(SeriesRow a, SeriesRow b) => a with
    {
        Shares = a.Shares + b.Shares,
        Work = a.Work + b.Work,
        Stale = a.Stale + b.Stale,
        Duplicate = a.Duplicate + b.Duplicate,
        Lowdiff = a.Lowdiff + b.Lowdiff,
        Invalid = a.Invalid + b.Invalid,
    };
}

/// <summary>Whose series.</summary>
/// <param name="PoolId">Pool.</param>
/// <param name="AccountId">Null: of the whole pool.</param>
/// <param name="WorkerId">Null: of the whole account.</param>
internal readonly record struct SeriesOf(int PoolId, long? AccountId = null, long? WorkerId = null);

/// <summary>
/// Series over time. What is summed comes from the sums; the rest, at most the newest ten minutes where the program keeps up, from slices.
/// Every part is one range of an index.
/// </summary>
internal sealed class SeriesQueries(ReadDatabase database, ViddhanaConfig config)
{
    private const string PoolSql =
        """
        SELECT slice_ms / @bucketMs * @bucketMs AS at_ms, sum(shares)::bigint AS shares, sum(work_sum)::float8 AS work,
               sum(stale)::bigint AS stale, sum(duplicate)::bigint AS duplicate, sum(lowdiff)::bigint AS lowdiff,
               sum(invalid)::bigint AS invalid
        FROM pool_slices WHERE pool_id = @poolId AND slice_ms >= @fromMs GROUP BY 1
        """;

    private const string AccountSumsSql =
        """
        SELECT at_ms / @bucketMs * @bucketMs AS at_ms, sum(shares)::bigint AS shares, sum(work_sum)::float8 AS work,
               sum(stale)::bigint AS stale, sum(duplicate)::bigint AS duplicate, sum(lowdiff)::bigint AS lowdiff,
               sum(invalid)::bigint AS invalid
        FROM account_sums
        WHERE pool_id = @poolId AND account_id = @accountId AND length_ms = @lengthMs AND at_ms >= @fromMs AND at_ms < @toMs GROUP BY 1
        """;

    private const string WorkerSumsSql =
        """
        SELECT at_ms / @bucketMs * @bucketMs AS at_ms, sum(shares)::bigint AS shares, sum(work_sum)::float8 AS work,
               sum(stale)::bigint AS stale, sum(duplicate)::bigint AS duplicate, sum(lowdiff)::bigint AS lowdiff,
               sum(invalid)::bigint AS invalid
        FROM worker_sums
        WHERE pool_id = @poolId AND account_id = @accountId AND worker_id = @workerId AND at_ms >= @fromMs AND at_ms < @toMs GROUP BY 1
        """;

    private const string OfAccount = "account_id = @accountId AND pool_id = @poolId AND slice_ms >= @fromMs";

    /// <summary>One look into the primary key for each slice: cheap, however many rigs the account has.</summary>
    private const string OfWorker = "pool_id = @poolId AND slice_ms = ANY(@slices) AND length_ms = @sliceMs AND worker_id = @workerId";

    private const string AccountSlicesSql = Slices + " WHERE " + OfAccount + " GROUP BY 1";
    private const string AccountRefusedSql = RefusedSlices + " WHERE " + OfAccount + " GROUP BY 1";
    private const string WorkerSlicesSql = Slices + " WHERE " + OfWorker + " GROUP BY 1";
    private const string WorkerRefusedSql = RefusedSlices + " WHERE " + OfWorker + " GROUP BY 1";

    private const string Slices =
        """
        SELECT slice_ms / @bucketMs * @bucketMs AS at_ms, sum(shares)::bigint AS shares, sum(work_sum)::float8 AS work
        FROM share_slices
        """;

    private const string RefusedSlices =
        """
        SELECT slice_ms / @bucketMs * @bucketMs AS at_ms, coalesce(sum(shares) FILTER (WHERE reason = 1), 0)::bigint AS stale,
               coalesce(sum(shares) FILTER (WHERE reason = 2), 0)::bigint AS duplicate,
               coalesce(sum(shares) FILTER (WHERE reason = 3), 0)::bigint AS lowdiff,
               coalesce(sum(shares) FILTER (WHERE reason = 4), 0)::bigint AS invalid
        FROM reject_slices
        """;

    private readonly int _sliceMs = config.Backoffice.SliceSeconds * 1_000;

    /// <summary>Buckets that hold anything, in order of time.</summary>
    /// <param name="of">Whose.</param>
    /// <param name="fromMs">From this bucket on.</param>
    /// <param name="bucketMs">Its width.</param>
    /// <param name="nowMs">To here.</param>
    public async Task<IReadOnlyList<SeriesRow>> Read(SeriesOf of, long fromMs, long bucketMs, long nowMs)
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        var buckets = new SortedDictionary<long, SeriesRow>();
        var part = new Part(connection, of, bucketMs, buckets);
        if (of.AccountId is null) await part.Add(PoolSql, fromMs, nowMs);
        else if (of.WorkerId is null) await ReadAccount(part, fromMs, nowMs);
        else await ReadWorker(part, fromMs, nowMs);
        return [.. buckets.Values];
    }

    private static async Task ReadAccount(Part part, long fromMs, long nowMs)
    {
        var doneMs = fromMs;
        int[] lengths = part.BucketMs >= SliceSums.HourMs ? [SliceSums.HourMs, SliceSums.TenMs]
            : part.BucketMs >= SliceSums.TenMs ? [SliceSums.TenMs] : [];
        foreach (var lengthMs in lengths)
        {
            var toMs = await part.SummedTo(lengthMs);
            if (toMs <= doneMs) continue;
            await part.Add(AccountSumsSql, doneMs, toMs, lengthMs);
            doneMs = toMs;
        }

        await part.Add(AccountSlicesSql, doneMs, nowMs);
        await part.Add(AccountRefusedSql, doneMs, nowMs);
    }

    private async Task ReadWorker(Part part, long fromMs, long nowMs)
    {
        var doneMs = fromMs;
        if (part.BucketMs >= SliceSums.HourMs && await part.SummedTo(SliceSums.HourMs) is var toMs && toMs > doneMs)
        {
            await part.Add(WorkerSumsSql, doneMs, toMs);
            doneMs = toMs;
        }

        // Where nothing is summed, as much as is kept fine is looked through.
        var fineMs = Math.Max(doneMs, nowMs - (2 * 86_400_000L)) / _sliceMs * _sliceMs;
        var slices = new List<long>();
        for (var ms = fineMs; ms <= nowMs; ms += _sliceMs) slices.Add(ms);
        await part.Add(WorkerSlicesSql, doneMs, nowMs, _sliceMs, slices);
        await part.Add(WorkerRefusedSql, doneMs, nowMs, _sliceMs, slices);
    }

    /// <summary>One series in the making.</summary>
    private sealed class Part(NpgsqlConnection connection, SeriesOf of, long bucketMs, SortedDictionary<long, SeriesRow> into)
    {
        public long BucketMs => bucketMs;

        /// <summary>Up to where periods of a length are summed; 0: none.</summary>
        public async Task<long> SummedTo(int lengthMs) => await connection.ExecuteScalarAsync<long?>(
            "SELECT max(at_ms) + @lengthMs FROM summed_periods WHERE pool_id = @PoolId AND length_ms = @lengthMs",
            new { of.PoolId, lengthMs }) ?? 0;

        public async Task Add(string sql, long fromMs, long toMs, int lengthMs = 0, List<long>? slices = null)
        {
            var values = new
            {
                of.PoolId,
                of.AccountId,
                of.WorkerId,
                bucketMs,
                fromMs,
                toMs,
                lengthMs,
                sliceMs = lengthMs,
                slices,
            };
            foreach (var row in await connection.QueryAsync<SeriesRow>(sql, values))
                into[row.AtMs] = into.TryGetValue(row.AtMs, out var held) ? held + row : row;
        }
    }
}
