using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Live;

/// <summary>
/// Looks at the database for what viewers want to hear of: every two seconds while there are any, and otherwise now and then, so that who
/// comes back learns what he missed. Each backoffice looks for its own viewers, whether it is the active one or not.
/// </summary>
internal sealed class LiveWatch(
    LiveHub hub,
    LiveQueries queries,
    PoolBook pools,
    PoolStats stats,
    PoolQueries blocks,
    PayoutQueries payouts,
    BestShares bests,
    IOptions<JsonOptions> json,
    IHostApplicationLifetime life,
    TimeProvider time,
    ILogger<LiveWatch> log) : BackgroundService
{
    /// <summary>Between looks.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <summary>Between looks at the least, however many viewers come and want a snapshot at once.</summary>
    private static readonly TimeSpan EveryAtLeast = TimeSpan.FromMilliseconds(100);

    /// <summary>Rounds between looks while nobody watches.</summary>
    private const int IdleRounds = 5;

    /// <summary>Blocks or payouts of a pool that are told of in one round; a list endpoint has the others.</summary>
    private const int NewestMax = 20;

    private readonly LiveChanges _blocks = new();
    private readonly LiveChanges _payouts = new();
    private readonly Dictionary<int, long> _heights = [];
    private readonly Dictionary<int, double> _bests = [];
    private readonly JsonSerializerOptions _json = json.Value.SerializerOptions;
    private bool _hasBegun;
    private string? _failure;

    private DateTimeOffset Now => time.GetUtcNow();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The web server stops first, and waits for requests: viewers' requests end when they are told.
        using var stopping = life.ApplicationStopping.Register(hub.Close);
        for (var idle = 0; ; idle++)
        {
            if (hub.Count > 0 || idle >= IdleRounds || !_hasBegun)
            {
                await TryRoundAsync(stoppingToken);
                idle = 0;
            }

            await PauseAsync(stoppingToken);
        }
    }

    /// <summary>One look, and what it brings.</summary>
    internal async Task RoundAsync(CancellationToken cancel)
    {
        if (!_hasBegun)
        {
            _blocks.Begin(await queries.Newest("blocks", cancel));
            _payouts.Begin(await queries.Newest("payouts", cancel));
            _hasBegun = true;
        }

        await TellHeightsAsync(cancel);
        await TellBlocksAsync(cancel);
        await TellPayoutsAsync(cancel);
        foreach (var pool in pools.All) await TellBestAsync(pool, cancel);
        if (hub.Count == 0) return;
        foreach (var pool in pools.All) await TellFiguresAsync(pool);
        hub.Beat();
    }

    /// <summary>A database that is away is told of once; viewers see by the snapshots' times that they are old.</summary>
    private async Task TryRoundAsync(CancellationToken cancel)
    {
        try
        {
            await RoundAsync(cancel);
            if (_failure is not null) LiveLog.Recovered(log);
            _failure = null;
        }
        catch (Exception error) when (ActiveLoop.IsTheWorlds(error))
        {
            if (_failure != error.Message) LiveLog.Failed(log, error.Message);
            _failure = error.Message;
            hub.Beat();
        }
    }

    private async Task PauseAsync(CancellationToken cancel)
    {
        await Task.Delay(EveryAtLeast, time, cancel);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Task.WhenAny(Task.Delay(Every - EveryAtLeast, time, either.Token), hub.WantedAsync(either.Token));
        await either.CancelAsync();
        cancel.ThrowIfCancellationRequested();
    }

    private async Task TellHeightsAsync(CancellationToken cancel)
    {
        foreach (var tip in await queries.Tips(cancel))
        {
            var isKnown = _heights.TryGetValue(tip.PoolId, out var height);
            _heights[tip.PoolId] = tip.Height;
            if (!isKnown || height == tip.Height || pools.ById(tip.PoolId) is not { } pool) continue;
            Tell(pool, LiveEvents.Height, new LiveHeight(pool.Name, Now, tip.Height, NetworkTarget.Difficulty(tip.Nbits, pool.Coin)));
        }
    }

    private async Task TellBlocksAsync(CancellationToken cancel)
    {
        foreach (var group in _blocks.Look(await queries.Blocks(_blocks, cancel)).GroupBy(change => change.Row.PoolId))
        {
            if (pools.ById(group.Key) is not { } pool) continue;
            var changed = group.ToDictionary(change => change.Row.Id, change => change.Change);
            var rows = await blocks.Blocks(pool.PoolId, changed.Keys.Max() + 1, NewestMax);
            foreach (var row in rows.Where(row => changed.ContainsKey(row.BlockId)).Reverse())
            {
                var change = changed[row.BlockId] == LiveChange.State ? row.State : "progress";
                var block = PoolsApi.Block(row, pool.Coin, PoolsApi.BlockPage(pool));
                Tell(pool, LiveEvents.Block, new LiveBlock(pool.Name, Now, change, block));
            }
        }
    }

    private async Task TellPayoutsAsync(CancellationToken cancel)
    {
        foreach (var group in _payouts.Look(await queries.Payouts(_payouts, cancel)).GroupBy(change => change.Row.PoolId))
        {
            if (pools.ById(group.Key) is not { } pool) continue;
            var changed = group.Where(change => change.Change == LiveChange.State).Select(change => change.Row.Id).ToHashSet();
            if (changed.Count == 0) continue;
            var rows = await payouts.OfPool(pool.PoolId, changed.Max() + 1, NewestMax);
            foreach (var row in rows.Where(row => changed.Contains(row.PayoutId)).Reverse())
            {
                var payout = row.Answer(pool.Coin.Decimals, PoolsApi.TransactionPage(pool));
                Tell(pool, LiveEvents.Payout, new LivePayout(pool.Name, Now, row.State, payout));
            }
        }
    }

    private async Task TellBestAsync(KnownPool pool, CancellationToken cancel)
    {
        var best = await bests.OfPool(pool.PoolId, cancel: cancel);
        var isKnown = _bests.TryGetValue(pool.PoolId, out var before);
        _bests[pool.PoolId] = best?.Work ?? 0;
        if (!isKnown || best is null || best.Work <= before) return;
        var difficulty = BestShares.Difficulty(best.Work, pool.Coin);
        Tell(pool, LiveEvents.Best, new LiveBest(pool.Name, Now, difficulty, best.Account, best.Worker));
    }

    private async Task TellFiguresAsync(KnownPool pool)
    {
        if (await stats.Get(pool) is not { } answer) return;
        hub.PublishSnapshot(
            pool.PoolId,
            JsonSerializer.SerializeToUtf8Bytes(new LiveSnapshot(pool.Name, Now, answer), _json),
            JsonSerializer.SerializeToUtf8Bytes(answer, _json));
    }

    private void Tell<T>(KnownPool pool, string name, T data) =>
        hub.Publish(pool.PoolId, name, JsonSerializer.SerializeToUtf8Bytes(data, _json));
}
