namespace Viddhana.Backoffice.Pools.Figures;

/// <summary>How far back a series goes and how wide its points are.</summary>
internal sealed record SeriesPeriod(string Name, long LengthMs, long BucketMs)
{
    private static readonly SeriesPeriod[] All =
    [
        new("1h", 3_600_000, 60_000),
        new("6h", 21_600_000, 600_000),
        new("1d", 86_400_000, 600_000),
        new("7d", 604_800_000, 3_600_000),
        new("30d", 2_592_000_000, 14_400_000),
        new("90d", 7_776_000_000, 86_400_000),
    ];

    private static string Names => string.Join(", ", All.Select(period => period.Name));

    /// <summary>A period by its name (a day where none is given), its points no finer than slices are; a problem that lists them.</summary>
    public static bool TryParse(string? text, int sliceSeconds, out SeriesPeriod period, out IResult? problem)
    {
        var found = Array.Find(All, p => p.Name == (text ?? "1d"));
        period = found ?? All[0];
        if (period.BucketMs < sliceSeconds * 1_000L) period = period with { BucketMs = sliceSeconds * 1_000L };
        problem = found is not null
            ? null
            : Problems.Of(400, "bad-period", $"period must be one of {Names}, not '{Problems.Shown(text!)}'");
        return problem is null;
    }

    /// <summary>Where the first bucket begins.</summary>
    public long FromMs(long nowMs) => (nowMs - LengthMs) / BucketMs * BucketMs;

    /// <summary>
    /// A point for every bucket from the first that holds anything, or the one before it, up to now: a bucket without shares is zero. The
    /// last is measured over the time it has lasted.
    /// </summary>
    public List<TPoint> Points<TPoint>(IReadOnlyList<SeriesRow> rows, long nowMs, Func<SeriesRow, double, TPoint> point)
    {
        var points = new List<TPoint>();
        if (rows.Count == 0) return points;
        var next = 0;
        for (var atMs = Math.Max(rows[0].AtMs - BucketMs, FromMs(nowMs)); atMs <= nowMs; atMs += BucketMs)
        {
            var row = next < rows.Count && rows[next].AtMs == atMs ? rows[next++] : new SeriesRow { AtMs = atMs };
            points.Add(point(row, SecondsOf(atMs, nowMs)));
        }

        return points;
    }

    /// <summary>The points of a hash-rate chart.</summary>
    public List<HashratePoint> Hashrates(IReadOnlyList<SeriesRow> rows, long nowMs) => Points(
        rows,
        nowMs,
        (row, seconds) => new HashratePoint(Time(row), row.Work / seconds, row.Shares)
        {
            Error = row.Shares > 0 ? 1 / Math.Sqrt(row.Shares) : null,
        });

    /// <summary>Shares by result.</summary>
    public SharesAnswer Shares(IReadOnlyList<SeriesRow> rows, long nowMs)
    {
        var all = rows.Aggregate(new SeriesRow(), (sum, row) => sum + row);
        return new SharesAnswer(
            Name,
            BucketMs / 1_000,
            new ShareCounts(all.Shares, all.Stale, all.Duplicate, all.Lowdiff, all.Invalid),
            Points(
                rows, nowMs, (row, _) => new SharesPoint(Time(row), row.Shares, row.Stale, row.Duplicate, row.Lowdiff, row.Invalid)));
    }

    private static DateTimeOffset Time(SeriesRow row) => DateTimeOffset.FromUnixTimeMilliseconds(row.AtMs);

    /// <summary>A bucket that has only begun is not divided by next to nothing.</summary>
    private double SecondsOf(long atMs, long nowMs) => Math.Clamp(nowMs - atMs, Math.Min(BucketMs, 30_000), BucketMs) / 1_000.0;
}
