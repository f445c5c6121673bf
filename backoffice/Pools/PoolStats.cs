using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Pools;

/// <summary>Makes a pool's figures from what the database holds. A figure is rendered at most once a second, whoever asks.</summary>
internal sealed class PoolStats(PoolQueries queries, TimeProvider time) : IDisposable
{
    private const long FreshMs = 1_000;

    /// <summary>Windows of hash rates by name, in milliseconds.</summary>
    public static readonly IReadOnlyList<(string Name, long Ms)> Windows =
    [
        ("1m", 60_000), ("5m", 300_000), ("15m", 900_000), ("1h", 3_600_000), ("6h", 21_600_000), ("1d", 86_400_000), ("7d", 604_800_000),
    ];

    private readonly Dictionary<string, (long AtMs, StatsAnswer? Answer)> _made = [];
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>The figures; null while the database does not know the pool yet.</summary>
    public async Task<StatsAnswer?> Get(KnownPool pool)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        await _one.WaitAsync();
        try
        {
            if (_made.TryGetValue(pool.Name, out var made) && nowMs - made.AtMs < FreshMs) return made.Answer;
            var answer = await Make(pool, nowMs);
            _made[pool.Name] = (nowMs, answer);
            return answer;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<StatsAnswer?> Make(KnownPool pool, long nowMs)
    {
        if (await queries.Totals(pool.Name, nowMs) is not { } totals) return null;

        var coin = pool.Coin;
        var rates = new Dictionary<string, double>();
        foreach (var (name, ms) in Windows) rates[name] = await queries.Hashrate(totals.PoolId, nowMs, ms);
        var blockWork = NetworkTarget.Work(totals.TipNbits);
        return new StatsAnswer
        {
            Pool = pool.Name,
            Coin = coin.Name,
            Symbol = coin.Symbol,
            Hashrate = rates["5m"],
            Hashrates = rates,
            Workers = totals.Workers,
            Miners = totals.Miners,
            Shares = new ShareCounts(totals.Valid, totals.Stale, totals.Duplicate, totals.Lowdiff, totals.Invalid),
            Blocks = new BlockCounts(totals.Found, totals.Immature, totals.Confirmed, totals.Orphaned),
            Balances = new BalanceAnswer(
                Amount.Of(totals.BalanceImmature, coin.Decimals), Amount.Of(totals.BalanceConfirmed, coin.Decimals)),
            Paid = Amount.Of(totals.Paid, coin.Decimals),
            Network = new NetworkAnswer(totals.TipHeight, NetworkTarget.Difficulty(totals.TipNbits, coin), blockWork / coin.BlockSeconds),
            LastBlockTime = totals.LastBlockMs is { } lastMs ? DateTimeOffset.FromUnixTimeMilliseconds(lastMs) : null,
            FeePercent = pool.Config.Rewards.FeePercent,
            Scheme = pool.Config.Rewards.Scheme,
            Effort = blockWork > 0 ? (double)totals.WorkSinceBlock / blockWork : 0,
        };
    }
}
