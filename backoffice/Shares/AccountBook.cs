using System.Text;
using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>A worker and the account it earns for. There is one object of each worker, however its name is spelled.</summary>
public sealed class WorkerEntry(long workerId, long accountId)
{
    /// <summary>Number of the worker.</summary>
    public long WorkerId { get; } = workerId;

    /// <summary>Number of the account.</summary>
    public long AccountId { get; } = accountId;

    /// <summary>Slice in which <c>workers.last_share_ms</c> was written last: once per slice suffices.</summary>
    internal long LastSeenSliceMs { get; set; }

    /// <summary>Its best shares as far as they are known; one for each pool.</summary>
    internal WorkerBest? Best { get; set; }
}

/// <summary>A pool as entries name it.</summary>
/// <param name="PoolId">Its number.</param>
/// <param name="Known">Null where it is not configured here.</param>
public sealed record NamedPool(int PoolId, KnownPool? Known);

/// <summary>
/// Numbers of stratum names, found by the bytes that entries hold. A name seen for the first time gets its account and worker at once,
/// outside of the caller's transaction: a number is good whatever becomes of that. An account whose name is an address of the pool's
/// network is paid there until something else is set.
/// </summary>
public sealed class AccountBook(NpgsqlDataSource database)
{
    private const int KnownMax = 1_000_000;

    private readonly Dictionary<int, NameTable> _pools = [];
    private readonly Dictionary<long, WorkerEntry> _workers = [];

    /// <summary>The worker of a name (UTF-8) in a pool; null if <see cref="AddAsync"/> has to make it known.</summary>
    public WorkerEntry? Find(int poolId, ReadOnlySpan<byte> name) =>
        _pools.TryGetValue(poolId, out var names) && names.TryGet(name, out var worker) ? worker : null;

    /// <summary>Makes names of a pool known.</summary>
    public async Task AddAsync(NamedPool pool, IReadOnlyCollection<byte[]> names, CancellationToken cancel)
    {
        byte[][] keys = [.. names];
        StratumName[] parsed = Array.ConvertAll(keys, name => StratumName.Parse(Encoding.UTF8.GetString(name)));
        await using var connection = await database.OpenConnectionAsync(cancel);
        var accounts = await AccountsAsync(connection, parsed, cancel);
        if (pool.Known is { } known) await SetAddressesAsync(connection, known, accounts, cancel);

        var ids = Array.ConvertAll(parsed, name => accounts[name.Account]);
        var workers = await WorkersAsync(connection, ids, Array.ConvertAll(parsed, name => name.Worker), cancel);
        if (!_pools.TryGetValue(pool.PoolId, out var table)) _pools.Add(pool.PoolId, table = new NameTable());
        for (var i = 0; i < keys.Length; i++) table.Set(keys[i], EntryOf(workers[(ids[i], parsed[i].Worker)], ids[i]));
    }

    /// <summary>Forgets all numbers when there are too many of them. Not between <see cref="AddAsync"/> and the use of what it added.
    /// </summary>
    public void Trim()
    {
        if (_pools.Values.Sum(names => names.Count) <= KnownMax) return;
        _pools.Clear();
        _workers.Clear();
    }

    private WorkerEntry EntryOf(long workerId, long accountId)
    {
        if (!_workers.TryGetValue(workerId, out var worker)) _workers.Add(workerId, worker = new WorkerEntry(workerId, accountId));
        return worker;
    }

    private static async Task<Dictionary<string, long>> AccountsAsync(
        NpgsqlConnection connection, StratumName[] names, CancellationToken cancel)
    {
        string[] accounts = [.. names.Select(name => name.Account).Distinct()];
        await connection.RunAsync("INSERT INTO accounts (name) SELECT unnest($1) ON CONFLICT DO NOTHING", [accounts], cancel);
        return (await connection.RowsAsync(
            "SELECT name, account_id FROM accounts WHERE name = ANY($1)",
            [accounts],
            row => (row.GetString(0), row.GetInt64(1)),
            cancel)).ToDictionary();
    }

    private static async Task<Dictionary<(long AccountId, string Name), long>> WorkersAsync(
        NpgsqlConnection connection, long[] accounts, string[] names, CancellationToken cancel)
    {
        await connection.RunAsync(
            "INSERT INTO workers (account_id, name) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING", [accounts, names], cancel);
        return (await connection.RowsAsync(
            """
            SELECT DISTINCT w.account_id, w.name, w.worker_id
            FROM workers w JOIN unnest($1, $2) AS n(account_id, name) USING (account_id, name)
            """,
            [accounts, names],
            row => ((row.GetInt64(0), row.GetString(1)), row.GetInt64(2)),
            cancel)).ToDictionary();
    }

    private static async Task SetAddressesAsync(
        NpgsqlConnection connection, KnownPool pool, Dictionary<string, long> accounts, CancellationToken cancel)
    {
        var addressed = accounts.Where(account => AddressCodec.TryDecode(account.Key, pool.Network, out _, out _)).ToList();
        if (addressed.Count == 0) return;

        await connection.RunAsync(
            """
            INSERT INTO payout_addresses (account_id, coin, network, address)
            SELECT a.account_id, $3, $4, a.address FROM unnest($1, $2) AS a(account_id, address) ON CONFLICT DO NOTHING
            """,
            [
                addressed.Select(account => account.Value).ToArray(),
                addressed.Select(account => account.Key).ToArray(),
                pool.Config.Coin,
                pool.Config.Network,
            ],
            cancel);
    }
}
