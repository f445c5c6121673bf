using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Facades;

/// <summary>What the facades have in common: which pool is meant, and whom a name means.</summary>
internal sealed class FacadePools(ReadDatabase database, PoolBook pools, MinerQueries queries)
{
    private const long DayMs = 86_400_000;
    private const int NameMax = 191;

    /// <summary>The pool of a name; the first where none is given.</summary>
    public KnownPool? Choose(string? pool) => OlderApi.Choose(pool, pools);

    /// <summary>No such pool.</summary>
    public IResult None(string? pool) => PoolsApi.NoPool(pool ?? "", pools);

    /// <summary>
    /// An account, in the pool that is named, or else in the first in which it has mined within a day, or else in the first; null: there is
    /// no account of that name.
    /// </summary>
    public async Task<Subject?> FindAsync(string address, string? pool, long nowMs)
    {
        if (address.Length > NameMax) return null;
        if (await queries.Account(StratumName.Parse(address).Account) is not { } account) return null;
        if (pool is not null || pools.All.Count == 1) return Choose(pool) is { } chosen ? new Subject(chosen, account) : null;

        var busy = await BusyAsync(account.AccountId, nowMs);
        var found = pools.All.FirstOrDefault(one => busy.Contains(one.PoolId)) ?? pools.All.FirstOrDefault();
        return found is null ? null : new Subject(found, account);
    }

    private async Task<HashSet<int>> BusyAsync(long accountId, long nowMs)
    {
        await using var connection = await database.Source.OpenConnectionAsync();
        return
        [
            .. await connection.RowsAsync(
                """
                SELECT pool_id FROM pools p
                WHERE EXISTS (SELECT FROM account_sums s
                              WHERE s.pool_id = p.pool_id AND s.length_ms = 3600000 AND s.account_id = $1 AND s.at_ms >= $2)
                   OR EXISTS (SELECT FROM share_slices c WHERE c.account_id = $1 AND c.pool_id = p.pool_id AND c.slice_ms >= $3)
                """,
                [accountId, nowMs - DayMs, nowMs - (2 * SliceSums.HourMs)],
                row => row.GetInt32(0),
                default),
        ];
    }
}
