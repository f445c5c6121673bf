using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Shares;

/// <summary>A consumer at work on a database, as a backoffice runs it.</summary>
internal sealed class ConsumerRun : IAsyncDisposable
{
    private readonly ActiveLease _lease;

    private ConsumerRun(ActiveLease lease, ShareConsumer consumer, NpgsqlDataSource database) =>
        (_lease, Consumer, Database) = (lease, consumer, database);

    public ShareConsumer Consumer { get; }

    public NpgsqlDataSource Database { get; }

    public static PoolConfig Pool(string id = "btc") => new() { Id = id, Coin = "bitcoin", Network = "regtest" };

    /// <summary>Starts one. <paramref name="seam"/> is called between the steps, and may throw.</summary>
    public static async Task<ConsumerRun> StartAsync(
        NpgsqlDataSource database, OpenShareSource open, Action<string>? seam = null, int sliceMs = 1_000)
    {
        var pools = await PoolBook.LoadAsync(database, [Pool()], CancellationToken.None);
        var lease = new ActiveLease(database, NullLogger<ActiveLease>.Instance);
        var consumer = new ShareConsumer(
            database, pools, sliceMs, open, lease, new Metrics(), NullLogger<ShareConsumer>.Instance)
        { Seam = seam };
        await lease.StartAsync(CancellationToken.None);
        await consumer.StartAsync(CancellationToken.None);
        return new ConsumerRun(lease, consumer, database);
    }

    public static OpenShareSource Journals(string folder, params string[] directories) => (marks, _) =>
        Task.FromResult<IShareSource>(new JournalSource(directories, Path.Combine(folder, "committed"), marks, TimeProvider.System));

    public static OpenShareSource Redis(RedisServer redis, string consumer = "c1") => async (marks, cancel) =>
        await RedisSource.ConnectAsync(new RedisConfig { Url = redis.Url }, consumer, marks, cancel);

    /// <summary>Waits until this much of a journal is committed.</summary>
    public Task CommittedAsync(TestEngine engine, ulong? sequence = null) => Eventually.Get(
        $"sequence {sequence ?? engine.NextSequence - 1} of engine {engine.Id} is committed",
        () => MarkAsync(engine),
        mark => mark >= (sequence ?? engine.NextSequence - 1));

    public async Task<ulong> MarkAsync(TestEngine engine)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (ulong)await connection.ScalarAsync<long>(
            "SELECT last_sequence FROM sources WHERE engine_id = $1 AND epoch = $2",
            [engine.Id, $"{engine.Epoch:x16}"],
            CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Consumer.StopAsync(CancellationToken.None);
        await _lease.StopAsync(CancellationToken.None);
        Consumer.Dispose();
        _lease.Dispose();
    }
}

/// <summary>What the database holds of shares, and what it should hold.</summary>
internal static class Stored
{
    /// <summary>Shares and work by account name, from the slices; by pool; and the rejects.</summary>
    public static async Task<string> TotalsAsync(NpgsqlDataSource database)
    {
        var byAccount = await database.RowsAsync(
            """
            SELECT p.name, a.name, w.name, sum(s.shares)::bigint, sum(s.work_sum)
            FROM share_slices s JOIN pools p USING (pool_id) JOIN accounts a USING (account_id) JOIN workers w USING (worker_id)
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,
            [],
            row => $"{row.GetString(0)} {row.GetString(1)}.{row.GetString(2)}: {row.GetInt64(3)} shares, work {row.GetUInt128(4)}",
            default);
        var rejects = await database.RowsAsync(
            "SELECT reason, sum(shares)::bigint FROM reject_slices GROUP BY 1 ORDER BY 1",
            [],
            row => $"reason {row.GetInt16(0)}: {row.GetInt64(1)}",
            default);
        var pools = await database.RowsAsync(
            "SELECT sum(shares)::bigint, sum(work_sum), sum(stale + duplicate + lowdiff + invalid)::bigint FROM pool_slices",
            [],
            row => row.IsDBNull(0) ? "nothing" : $"in all {row.GetInt64(0)} shares, work {row.GetUInt128(1)}, rejected {row.GetInt64(2)}",
            default);
        return string.Join("\n", [.. byAccount, .. rejects, .. pools]);
    }

    /// <summary>The same of the single shares that the raw entries hold; what stands in two of them would count twice.</summary>
    public static async Task<string> RawAsync(NpgsqlDataSource database)
    {
        await using var history = await ShareHistory.OpenAsync(database, default);
        var shares = new List<Viddhana.Backoffice.Rewards.WindowShare>();
        await foreach (var page in history.SharesAsync(1, 0, long.MaxValue, default))
            foreach (var share in page.Shares) shares.Add(page[share]);
        Assert.That(shares.Select(share => share.Key), Is.Unique);
        return $"{shares.Count} shares, work {shares.Aggregate((UInt128)0, (sum, share) => sum + share.Work)}";
    }
}
