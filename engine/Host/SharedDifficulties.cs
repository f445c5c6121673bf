using System.Globalization;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Engine;

/// <summary>
/// Brings what workers had last to other engines, and what those know to here, through a hash in Redis per pool. A task of its own: no
/// miner waits for it, and while Redis is away nothing is lost but the head start of workers that change engines.
/// </summary>
internal sealed class SharedDifficulties : IAsyncDisposable
{
    private const int PauseMs = 250;
    private const int RetryMs = 1_000;
    private const int BatchMax = 1_024;

    private readonly IReadOnlyList<(string PoolId, WorkerDifficulties Workers)> _pools;
    private readonly RedisConfig _config;
    private readonly Log _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly UInt128[] _asked = new UInt128[BatchMax];
    private readonly LastDifficulty[] _changed = new LastDifficulty[BatchMax];
    private readonly Task _loop;

    /// <summary>Begins; Redis may be away.</summary>
    public SharedDifficulties(IReadOnlyList<(string PoolId, WorkerDifficulties Workers)> pools, RedisConfig config, Log log)
    {
        (_pools, _config, _log) = (pools, config, log);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Tells what is still to be told, and ends. The caller bounds it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        do
        {
            try
            {
                await using var redis = await RedisClient.ConnectAsync(_config);
                while (await ExchangeAsync(redis)) await PauseAsync(PauseMs);
                return;
            }
            catch (RedisException error)
            {
                _log.Debug("redis", $"difficulties of workers are not shared for now: {error.Message}");
            }
            catch (Exception error)
            {
                // Only a head start is at stake, so the engine goes on; the same fault again each second would only fill the log.
                _log.Error("redis", $"a fault of our own: difficulties of workers are no longer shared by this engine: {error}");
                return;
            }

            await PauseAsync(RetryMs);
        }
        while (!_stop.IsCancellationRequested);
    }

    // False: the engine stops, and everything has been told.
    private async Task<bool> ExchangeAsync(RedisClient redis)
    {
        var isLast = _stop.IsCancellationRequested;
        foreach (var (poolId, workers) in _pools)
        {
            var key = Streams.Difficulties(_config.Prefix, poolId);
            await AskAsync(redis, key, workers);
            await TellAsync(redis, key, workers);
        }

        return !isLast;
    }

    private async Task AskAsync(RedisClient redis, string key, WorkerDifficulties workers)
    {
        for (int count; (count = workers.TakeAsked(_asked)) > 0;)
        {
            var command = new RedisArg[2 + count];
            (command[0], command[1]) = ("HMGET", key);
            for (var i = 0; i < count; i++) command[2 + i] = FieldOf(_asked[i]);
            var values = (await redis.CallAsync(command)).OrThrow().Items;
            for (var i = 0; i < count; i++)
                if (TryParse(values[i].Text, out var last) && last.Worker == _asked[i]) workers.Learn(last);
        }
    }

    private async Task TellAsync(RedisClient redis, string key, WorkerDifficulties workers)
    {
        while (workers.HasChanged)
        {
            var count = workers.TakeChanged(_changed);
            if (count == 0) continue;

            var command = new RedisArg[2 + (2 * count)];
            (command[0], command[1]) = ("HSET", key);
            for (var i = 0; i < count; i++)
                (command[2 + (2 * i)], command[3 + (2 * i)]) = (FieldOf(_changed[i].Worker), TextOf(_changed[i]));
            try
            {
                (await redis.CallAsync(command)).OrThrow();
            }
            catch (RedisException)
            {
                workers.GiveBack(_changed.AsSpan(0, count));
                throw;
            }
        }
    }

    private static string FieldOf(UInt128 worker) =>
        ((int)(worker % Streams.DifficultyFields)).ToString(CultureInfo.InvariantCulture);

    private static string TextOf(in LastDifficulty last) => string.Create(
        CultureInfo.InvariantCulture, $"{(ulong)(last.Worker >> 64):x16}{(ulong)last.Worker:x16} {last.Value.Text} {last.AtMs}");

    // Whatever stands there: another program's value is no difficulty.
    private static bool TryParse(string? text, out LastDifficulty last)
    {
        last = default;
        var parts = (text ?? "").Split(' ');
        if (parts.Length != 3 || parts[0].Length != 32 || !Difficulty.TryParse(parts[1], out var value)) return false;
        if (!TryHex(parts[0].AsSpan(0, 16), out var high) || !TryHex(parts[0].AsSpan(16), out var low)) return false;
        if (!long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var atMs)) return false;

        last = new LastDifficulty(new UInt128(high, low), value, atMs);
        return true;
    }

    private static bool TryHex(ReadOnlySpan<char> digits, out ulong value) =>
        ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    private async Task PauseAsync(int milliseconds)
    {
        try
        {
            await Task.Delay(milliseconds, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The loop sees that it must stop.
        }
    }
}
