using System.Globalization;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Pools.Figures;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Facades;

/// <summary>What Miningcore's API says, said of the pools here.</summary>
internal sealed class Miningcore(
    PoolStats stats,
    PoolQueries pools,
    MinerBoard boards,
    MinerQueries miners,
    MinerFigures figures,
    MiningcoreQueries queries,
    SeriesQueries series,
    ViddhanaConfig config,
    TimeProvider time)
{
    private const int TopMiners = 15;
    private const long DayMs = 86_400_000;

    /// <summary>Rigs that an account's history tells apart; of more, it tells the sum, under the name that rigs without one have.</summary>
    private const int RigsToldApart = 50;

    /// <summary>Rigs that are listed as of now.</summary>
    private const int WorkersMax = 1_000;

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task<McPool?> Pool(KnownPool pool)
    {
        if (await stats.Get(pool) is not { } all) return null;
        var (coin, conf) = (pool.Coin, pool.Config);
        var standing = all.Blocks.Immature + all.Blocks.Confirmed;
        return new McPool(
            pool.Name,
            new McCoin(coin.Symbol, NameOf(coin.Name), coin.Symbol, coin.Chain, coin.Algorithm, NameOf(coin.Name)),
            Ports(conf),
            new McPayments(
                conf.Payouts is { Enabled: true, Wallet: not null },
                Coins(PayoutPool.ThresholdOf(pool), pool),
                conf.Rewards.Scheme.ToUpperInvariant(),
                conf.Rewards.Scheme == "pplns" ? new McScheme(conf.Rewards.Pplns.Window) : null),
            config.Engine.Limits.IdleSeconds,
            config.Engine.Sessions.KeepAliveSeconds,
            conf.RefreshSeconds * 1_000,
            conf.Rewards.FeePercent,
            conf.Address,
            null,
            new McPoolStats(all.Miners, all.Workers, all.Hashrate, all.SharesPerSecond, all.LastBlockTime),
            new McNetwork(
                conf.Network, all.Network.Hashrate, all.Network.Difficulty, "", "", null, Math.Max(all.Network.Height - 1, 0), 0, "POW"),
            await Miners(pool, 0, TopMiners),
            decimal.Parse(all.Paid.Decimal, CultureInfo.InvariantCulture),
            standing,
            all.LastBlockTime,
            all.Effort);
    }

    /// <summary>Accounts with most work of the last day first.</summary>
    public async Task<List<McMiner>> Miners(KnownPool pool, int skip, int take)
    {
        var board = await boards.GetAsync(pool);
        List<BoardRow> rows = [.. board.ByDay.Skip(skip).Take(take)];
        var names = await miners.Names([.. rows.Select(row => row.AccountId)]);
        return rows.ConvertAll(row => new McMiner(
            names.GetValueOrDefault(row.AccountId, ""), row.Day.Hashrate, row.Day.Shares / row.Day.Seconds));
    }

    /// <summary>By the hour over a day, or by the day over thirty; the chain's figures are those of now.</summary>
    public async Task<McPerformance?> Performance(KnownPool pool, bool isMonth)
    {
        if (await stats.Get(pool) is not { } all) return null;
        var nowMs = NowMs;
        var (lengthMs, bucketMs) = isMonth ? (30 * DayMs, DayMs) : (DayMs, (long)SliceSums.HourMs);
        var fromMs = (nowMs - lengthMs) / bucketMs * bucketMs;
        var rows = await series.Read(new SeriesOf(pool.PoolId), fromMs, bucketMs, nowMs);
        var hours = (await queries.Hours(pool.PoolId, fromMs)).ToLookup(hour => hour.AtMs / bucketMs * bucketMs);
        return new McPerformance(
        [
            .. from row in rows
               where row.AtMs + bucketMs <= nowMs
               let seconds = bucketMs / 1_000.0
               select new McPoolPoint(
                   row.Work / seconds,
                   hours[row.AtMs].Select(hour => hour.Miners).DefaultIfEmpty().Max(),
                   hours[row.AtMs].Select(hour => hour.Workers).DefaultIfEmpty().Max(),
                   row.Shares / seconds,
                   all.Network.Hashrate,
                   all.Network.Difficulty,
                   DateTimeOffset.FromUnixTimeMilliseconds(row.AtMs)),
        ]);
    }

    /// <summary>Blocks, newest first: <c>pending</c>, <c>confirmed</c> or <c>orphaned</c>.</summary>
    public async Task<List<McBlock>> Blocks(KnownPool pool, int skip, int take)
    {
        var explorer = PoolsApi.BlockPage(pool);
        return (await pools.Blocks(pool.PoolId, null, skip + take)).Skip(skip).Select(row =>
        {
            var block = PoolsApi.Block(row, pool.Coin, explorer);
            return new McBlock(
                pool.Name,
                row.Height,
                block.NetworkDifficulty,
                row.State is "found" or "immature" ? "pending" : row.State,
                "",
                row.State == "confirmed" ? 1 : Math.Clamp(row.Confirmations / (double)pool.Coin.CoinbaseMaturity, 0, 1),
                row.NetworkWork > 0 ? block.Effort : null,
                row.CoinbaseTxid,
                Coins(row.Reward, pool),
                block.Explorer,
                row.Hash,
                row.Finder,
                row.Worker,
                "",
                block.Time);
        }).ToList();
    }

    public async Task<List<McPayment>> Payments(KnownPool pool, long? accountId, int skip, int take)
    {
        var explorer = PoolsApi.TransactionPage(pool);
        return (await queries.Payments(pool.PoolId, accountId, skip, take)).ConvertAll(row => new McPayment(
            pool.Coin.Symbol,
            row.Address,
            null,
            Coins(row.Amount, pool),
            row.Txid,
            PoolsApi.Link(explorer, "txid", row.Txid),
            new DateTimeOffset(row.CreatedAt)));
    }

    public async Task<McAccount> Account(Subject subject)
    {
        var pool = subject.Pool;
        var (activity, rigs) = await figures.Rigs(subject);
        var owed = await miners.Owed(pool, subject.AccountId);
        var paid = await queries.Paid(pool.PoolId, subject.AccountId, time.GetUtcNow().UtcDateTime.Date.ToUniversalTime());
        var day = (await boards.GetAsync(pool)).ByDay.FirstOrDefault(row => row.AccountId == subject.AccountId)?.Day;
        var working = rigs.Where(rig => rig.State != RigState.Off).OrderBy(rig => rig.Name, StringComparer.Ordinal).Take(WorkersMax);
        var now = working.ToDictionary(rig => rig.Name, rig => WorkerOf(activity.Window(rig.Recent, Recent.TenMinutes)));
        return new McAccount(
            NetworkTarget.DifficultyOfWork(day?.Work ?? 0, pool.Coin),
            Coins(owed.Confirmed, pool),
            Coins(owed.Paid, pool),
            Coins(paid.Today, pool),
            paid.LastAt is { } last ? new DateTimeOffset(last) : null,
            PoolsApi.Link(PoolsApi.TransactionPage(pool), "txid", paid.LastTxid),
            now.Count == 0 ? null : new McWorkers(DateTimeOffset.FromUnixTimeMilliseconds(activity.NowMs), now),
            await History(subject));
    }

    /// <summary>An account's rigs by the hour over a day.</summary>
    public async Task<List<McWorkers>> History(Subject subject)
    {
        var fromMs = MinerBoard.HourOf(NowMs - DayMs);
        var rows = await queries.RigHours(subject.PoolId, subject.AccountId, fromMs);
        var isApart = rows.Select(row => row.Name).Distinct().Take(RigsToldApart + 1).Count() <= RigsToldApart;
        const double Seconds = SliceSums.HourMs / 1_000.0;
        return
        [
            .. from hour in rows.GroupBy(row => row.AtMs)
               select new McWorkers(
                   DateTimeOffset.FromUnixTimeMilliseconds(hour.Key),
                   hour.GroupBy(row => isApart ? row.Name : "").ToDictionary(
                       rig => rig.Key, rig => WorkerOf(new Mined(rig.Sum(row => row.Work), rig.Sum(row => row.Shares), Seconds)))),
        ];
    }

    public async Task<List<McChange>> Changes(Subject subject, int skip, int take) =>
        (await queries.Changes(subject.PoolId, subject.AccountId, skip, take)).ConvertAll(row => new McChange(
            subject.Pool.Name, subject.Account.Name, Coins(row.Amount, subject.Pool), row.Cause, new DateTimeOffset(row.CreatedAt)));

    public async Task<List<McDay>> Days(Subject subject, int skip, int take) =>
        (await queries.Days(subject.PoolId, subject.AccountId, skip, take)).ConvertAll(row =>
            new McDay(Coins(row.Amount, subject.Pool), new DateTimeOffset(DateTime.SpecifyKind(row.Day, DateTimeKind.Utc))));

    /// <summary>Base units as decimal coins.</summary>
    public static decimal Coins(long baseUnits, KnownPool pool)
    {
        var scale = 1m;
        for (var i = 0; i < pool.Coin.Decimals; i++) scale *= 10;
        return baseUnits / scale;
    }

    private static McWorker WorkerOf(Mined mined) => new(mined.Hashrate, mined.Shares / mined.Seconds);

    private static string NameOf(string coin) => char.ToUpperInvariant(coin[0]) + coin[1..];

    private static Dictionary<string, McPort> Ports(PoolConfig pool)
    {
        var ports = new Dictionary<string, McPort>();
        foreach (var port in pool.Ports)
        {
            var difficulty = port.Difficulty ?? pool.Difficulty;
            ports[port.Port.ToString(CultureInfo.InvariantCulture)] = new McPort(
                port.Listen,
                "",
                Number(difficulty.Start),
                difficulty.Vardiff
                    ? new McVarDiff(
                        Number(difficulty.Min),
                        Number(difficulty.Max),
                        difficulty.TargetSeconds,
                        difficulty.RetargetSeconds,
                        difficulty.Variance * 100)
                    : null,
                port.Tls == PortTls.On,
                port.Tls == PortTls.Auto);
        }

        return ports;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
