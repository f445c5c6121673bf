using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;

namespace Viddhana.Backoffice.Shares;

/// <summary>A worker and the account it earns for.</summary>
public sealed class WorkerEntry(long workerId, long accountId)
{
    /// <summary>Number of the worker.</summary>
    public long WorkerId { get; } = workerId;

    /// <summary>Number of the account.</summary>
    public long AccountId { get; } = accountId;

    /// <summary>Slice in which <c>workers.last_share_ms</c> was written last: once per slice suffices.</summary>
    internal long LastSeenSliceMs { get; set; }
}

/// <summary>
/// Numbers of stratum names. A name seen for the first time gets its account and worker at once, outside of the caller's transaction: a
/// number is good whatever becomes of that. An account whose name is an address of the pool's network is paid there until something else
/// is set.
/// </summary>
public sealed class AccountBook(NpgsqlDataSource database)
{
    private const int KnownMax = 1_000_000;

    private readonly Dictionary<string, WorkerEntry> _workers = new(StringComparer.Ordinal);
    private readonly HashSet<(long AccountId, string Coin, string Network)> _addressed = [];

    /// <summary>The worker of a name that was resolved before.</summary>
    public WorkerEntry this[string name] => _workers[name];

    /// <summary>
    /// Makes sure that all these names of a pool are known. <paramref name="pool"/> is null where the pool is not configured.
    /// </summary>
    public async Task ResolveAsync(KnownPool? pool, IReadOnlyCollection<string> names, CancellationToken cancel)
    {
        string[] unknown = [.. names.Where(name => !_workers.ContainsKey(name)).Distinct()];
        if (unknown.Length > 0) await AddAsync(unknown, cancel);
        if (pool is not null) await SetAddressesAsync(pool, names, cancel);
    }

    /// <summary>Forgets all numbers when there are too many of them. Not between <see cref="ResolveAsync"/> and the use of what it
    /// resolved.</summary>
    public void Trim()
    {
        if (_workers.Count <= KnownMax) return;
        _workers.Clear();
        _addressed.Clear();
    }

    private async Task AddAsync(string[] names, CancellationToken cancel)
    {
        StratumName[] parsed = [.. names.Select(StratumName.Parse)];
        string[] accountNames = [.. parsed.Select(name => name.Account).Distinct()];
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.RunAsync("INSERT INTO accounts (name) SELECT unnest($1) ON CONFLICT DO NOTHING", [accountNames], cancel);
        var accounts = (await connection.RowsAsync(
            "SELECT name, account_id FROM accounts WHERE name = ANY($1)",
            [accountNames],
            row => (row.GetString(0), row.GetInt64(1)),
            cancel)).ToDictionary();

        long[] ids = [.. parsed.Select(name => accounts[name.Account])];
        string[] workerNames = [.. parsed.Select(name => name.Worker)];
        await connection.RunAsync(
            "INSERT INTO workers (account_id, name) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING", [ids, workerNames], cancel);
        var workers = (await connection.RowsAsync(
            """
            SELECT DISTINCT w.account_id, w.name, w.worker_id
            FROM workers w JOIN unnest($1, $2) AS n(account_id, name) USING (account_id, name)
            """,
            [ids, workerNames],
            row => ((row.GetInt64(0), row.GetString(1)), row.GetInt64(2)),
            cancel)).ToDictionary();
        for (var i = 0; i < names.Length; i++) _workers[names[i]] = new WorkerEntry(workers[(ids[i], workerNames[i])], ids[i]);
    }

    private async Task SetAddressesAsync(KnownPool pool, IEnumerable<string> names, CancellationToken cancel)
    {
        var (accounts, addresses) = (new List<long>(), new List<string>());
        foreach (var name in names)
        {
            var account = _workers[name].AccountId;
            if (!_addressed.Add((account, pool.Config.Coin, pool.Config.Network))) continue;
            var address = StratumName.Parse(name).Account;
            if (!AddressCodec.TryDecode(address, pool.Network, out _, out _)) continue;
            accounts.Add(account);
            addresses.Add(address);
        }

        if (accounts.Count == 0) return;
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.RunAsync(
            """
            INSERT INTO payout_addresses (account_id, coin, network, address)
            SELECT a.account_id, $3, $4, a.address FROM unnest($1, $2) AS a(account_id, address) ON CONFLICT DO NOTHING
            """,
            [accounts.ToArray(), addresses.ToArray(), pool.Config.Coin, pool.Config.Network],
            cancel);
    }
}
