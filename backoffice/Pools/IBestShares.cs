namespace Viddhana.Backoffice.Pools;

/// <summary>The best shares that were ever handed in, as expected hashes. Registered where they are kept; without, none is known.</summary>
internal interface IBestShares
{
    /// <summary>A UTC day as a number: days since 1970.</summary>
    static int DayOf(long ms) => (int)(ms / 86_400_000);

    /// <summary>A pool's best share of all time, or of a day; null: none known.</summary>
    Task<double?> OfPoolAsync(int poolId, int? day);

    /// <summary>An account's best share of all time, or of a day; null: none known.</summary>
    Task<double?> OfAccountAsync(int poolId, long accountId, int? day);

    /// <summary>Of accounts, all time; those of which none is known are missing.</summary>
    Task<IReadOnlyDictionary<long, double>> OfAccountsAsync(int poolId, IReadOnlyCollection<long> accountIds);

    /// <summary>Of an account's rigs, all time.</summary>
    Task<IReadOnlyDictionary<long, double>> OfWorkersAsync(int poolId, long accountId, IReadOnlyCollection<long> workerIds);

    /// <summary>The accounts with the best shares, all time, best first.</summary>
    Task<IReadOnlyList<(long AccountId, double Work)>> TopAccountsAsync(int poolId, int limit);
}
