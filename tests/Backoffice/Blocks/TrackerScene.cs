using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Blocks;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Rewards;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Tests.Backoffice.Rewards;
using Viddhana.Tests.Backoffice.Shares;

namespace Viddhana.Tests.Backoffice.Blocks;

/// <summary>A pool with a database, engines whose entries are committed at once, and a tracker over a chain.</summary>
internal sealed class TrackerScene : IAsyncDisposable
{
    public const long StartMs = 1_790_000_000_000;

    private readonly ShareIntake _intake = new();
    private readonly ShareStore _store;
    private readonly List<(ShareKey Key, string Account, ulong Work)> _shares = [];

    private TrackerScene(NpgsqlDataSource database, PoolBook pools, IChainView chain, int sliceMs)
    {
        (Database, Pool) = (database, pools.All.First());
        _store = new ShareStore(database, pools, sliceMs);
        Tracker = new BlockTracker(
            database, Pool, chain, TimeSpan.FromSeconds(1), new ActiveLease(database, NullLogger<ActiveLease>.Instance), new Metrics(),
            NullLogger<BlockTracker>.Instance);
    }

    public NpgsqlDataSource Database { get; }

    public KnownPool Pool { get; }

    public BlockTracker Tracker { get; }

    /// <summary>Found so far, in order.</summary>
    public List<(string Hash, long Height, RewardTerms Terms, string Finder)> Blocks { get; } = [];

    public static async Task<TrackerScene> NewAsync(IChainView chain, PoolConfig? pool = null, int sliceMs = 1_000)
    {
        var database = await TestDatabase.NewAsync();
        pool ??= new PoolConfig { Id = "p", Coin = "bitcoin", Network = "regtest" };
        return new TrackerScene(database, await PoolBook.LoadAsync(database, [pool], CancellationToken.None), chain, sliceMs);
    }

    /// <summary>An engine hands in shares, 1 ms apart.</summary>
    public async Task SharesAsync(TestEngine engine, long ms, params (string Name, ulong Work)[] shares)
    {
        var first = engine.NextSequence;
        await CommitAsync(engine.Shares(Pool.Name, ms, shares, [], stepMs: 1));
        for (var i = 0; i < shares.Length; i++)
            _shares.Add(
                (
                    new ShareKey(ms + i, engine.Id, engine.Epoch, first + (ulong)i),
                    StratumName.Parse(shares[i].Name).Account,
                    shares[i].Work));
    }

    /// <summary>The engine's last share, which came at <paramref name="ms"/>, solves a block.</summary>
    public async Task FoundAsync(TestEngine engine, long ms, string worker, string hash, long height, long reward, UInt128 networkWork)
    {
        var terms = new RewardTerms(
            Pool.PoolId, reward, Pool.FeePpm, networkWork, Pool.WindowTenThousandths, new ShareKey(
                ms, engine.Id, engine.Epoch, engine.NextSequence - 1), 0);
        Blocks.Add((hash, height, terms, StratumName.Parse(worker).Account));
        await CommitAsync(engine.Found(Pool.Name, ms, worker, hash, (uint)height, reward, networkWork));
    }

    public Task CommitAsync(byte[] entry)
    {
        Assert.That(_intake.Add(new Delivery("", entry)));
        return _store.CommitAsync(_intake.Take(), CancellationToken.None);
    }

    /// <summary>Rounds until nothing moves.</summary>
    public async Task TrackAsync(int rounds = 3)
    {
        for (var i = 0; i < rounds; i++) await Tracker.RunOnceAsync(CancellationToken.None);
    }

    public async Task<string> StateAsync(string hash)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.ScalarAsync<string>("SELECT state FROM blocks WHERE hash = $1", [hash], default))!;
    }

    public async Task<string> ReasonAsync(string hash)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.ScalarAsync<string>("SELECT state_reason FROM blocks WHERE hash = $1", [hash], default))!;
    }

    /// <summary>All balances that are not zero, as the ledger has them; the audit must be clean.</summary>
    public async Task<Dictionary<string, long>> BalancesAsync()
    {
        var audit = await LedgerAudit.RunAsync(Database, CancellationToken.None);
        Assert.That(audit.Problems, Is.Empty);
        var rows = await Database.RowsAsync(
            """
            SELECT l.kind || coalesce(' ' || a.name, ''), l.balance
            FROM ledger_accounts l LEFT JOIN accounts a USING (account_id) WHERE l.balance <> 0
            """,
            [],
            row => (row.GetString(0), row.GetInt64(1)),
            default);
        return rows.ToDictionary();
    }

    /// <summary>
    /// What a split by the book gives, by account name; numbers of accounts are those of the database, since they order the split.
    /// </summary>
    public async Task<Dictionary<string, long>> ExpectedSplitAsync(int block)
    {
        var ids = (
            await Database.RowsAsync(
                "SELECT name, account_id FROM accounts", [], row => (row.GetString(0), row.GetInt64(1)), default)).ToDictionary();
        var names = ids.ToDictionary(entry => entry.Value, entry => entry.Key);
        var (_, _, terms, finder) = Blocks[block];
        var shares = _shares.Select(share => new WindowShare(share.Key, ids[share.Account], share.Work));
        return NaivePplns.Split(shares, terms with { Finder = ids[finder] }).ToDictionary(
            credit => names[credit.Key], credit => credit.Value);
    }

    public async ValueTask DisposeAsync()
    {
        Tracker.Dispose();
        await Database.DisposeAsync();
    }
}
