using Viddhana.Backoffice.Pools;

namespace Viddhana.Backoffice.Terminal;

/// <summary>A UTC day of all pools.</summary>
internal sealed record DayReport(DateOnly Date, bool IsOver, IReadOnlyList<PoolDay> Pools, IReadOnlyList<Incident> Incidents);

/// <summary>A day of a pool. Hash rates in hashes per second; the average is over the part of the day that has passed.</summary>
internal sealed record PoolDay(
    string Pool,
    string Symbol,
    double Hashrate,
    double PeakHour,
    long Miners,
    long Workers,
    ShareCounts Shares,
    double? BestDifficulty,
    IReadOnlyList<BlockDay> Blocks,
    LedgerDay Ledger,
    PayoutDay Payouts,
    IReadOnlyList<WorkerDay> TopWorkers);

/// <summary>A block found on the day, as it stands now.</summary>
internal sealed record BlockDay(DateTimeOffset Time, long Height, string Hash, string State, string Finder, Amount Reward, double Effort);

/// <summary>
/// What the day moved in the ledger on account of blocks, orphaned ones subtracted: credits that still mature, those that became spendable,
/// and the pool's fees of both kinds.
/// </summary>
internal sealed record LedgerDay(Amount Immature, Amount Confirmed, Amount FeeImmature, Amount Fee);

/// <summary>Payouts that were sent, became final or failed on the day.</summary>
internal sealed record PayoutDay(long Sent, Amount SentTotal, long Confirmed, Amount ConfirmedTotal, Amount NetworkFees, long Failed);

/// <summary>A rig's day.</summary>
internal sealed record WorkerDay(string Account, string Worker, double Hashrate, long Shares, double? BestDifficulty);

/// <summary>Something that an operator should know of.</summary>
internal sealed record Incident(DateTimeOffset Time, string Kind, string Detail);
