using Viddhana.Backoffice.Live;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Pools;

/// <summary>The best shares as they are kept of all rigs.</summary>
internal sealed class KeptBestShares(BestShares kept, ReadDatabase database) : IBestShares
{
    /// <inheritdoc/>
    public async Task<double?> OfPoolAsync(int poolId, int? day) => (await kept.OfPool(poolId, day))?.Work;

    /// <inheritdoc/>
    public async Task<double?> OfAccountAsync(int poolId, long accountId, int? day) => (await kept.OfAccount(poolId, accountId, day))?.Work;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<long, double>> OfAccountsAsync(int poolId, IReadOnlyCollection<long> accountIds) =>
        await kept.OfAccounts(poolId, accountIds);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<long, double>> OfWorkersAsync(
        int poolId, long accountId, IReadOnlyCollection<long> workerIds) => await kept.OfWorkers(poolId, workerIds);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<(long AccountId, double Work)>> TopAccountsAsync(int poolId, int limit) =>
        await database.Source.RowsAsync(
            """
            SELECT account_id, max(work) FROM best_shares WHERE pool_id = $1
            GROUP BY account_id ORDER BY 2 DESC, 1 LIMIT $2
            """,
            [poolId, limit],
            row => (row.GetInt64(0), row.GetDouble(1)),
            default);
}
