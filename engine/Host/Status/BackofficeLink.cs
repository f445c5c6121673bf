using Viddhana.Contracts.Redis;
using Viddhana.Engine.Access;
using Viddhana.Engine.Net;

namespace Viddhana.Engine.Status;

/// <summary>
/// A task that tells the backoffice how the engine is, and takes over from it whom to let in. Nothing waits for it; while Redis or the
/// backoffice is away, the engine goes on with what it was told last.
/// </summary>
internal sealed class BackofficeLink : IAsyncDisposable
{
    /// <summary>Milliseconds between two looks at the directory: bans are in force about as soon.</summary>
    public const int LookMs = 1_000;

    private readonly IBackofficeWire _wire;
    private readonly StatusDocument _status;
    private readonly DirectoryKeeper _directory;
    private readonly int _intervalMs;
    private readonly Log _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private string? _trouble;

    public BackofficeLink(IBackofficeWire wire, StatusDocument status, DirectoryKeeper directory, int intervalMs, Log log)
    {
        (_wire, _status, _directory, _intervalMs, _log) = (wire, status, directory, intervalMs, log);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Says that the engine has stopped, and ends. The caller bounds it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await TryAsync(() => _wire.TellAsync(_status.Write("stopped", Clock.Now())));
        await _wire.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var (tellAt, lookAt) = (0L, 0L);
        while (!_stop.IsCancellationRequested)
        {
            var now = Clock.Now();
            _directory.Tick(now.UtcMs);
            if (now.MonotonicMs >= lookAt)
            {
                await TryAsync(LookAsync);
                lookAt = now.MonotonicMs + LookMs;
            }

            if (now.MonotonicMs >= tellAt)
            {
                await TryAsync(() => _wire.TellAsync(_status.Write("running", Clock.Now())));
                tellAt = now.MonotonicMs + _intervalMs;
            }

            var pauseMs = Math.Max(1, Math.Min(lookAt, tellAt) - Clock.MonotonicMs());
            await Task.Delay((int)pauseMs, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync()
    {
        if (await _wire.AskAsync(_directory.Version) is { } document) _directory.Take(document, Clock.Now().UtcMs);
    }

    // One line per change; the shipper has told already where it is Redis.
    private async Task TryAsync(Func<Task> work)
    {
        string? trouble = null;
        try
        {
            await work();
        }
        catch (Exception e) when (e is RedisException or IOException or UnauthorizedAccessException)
        {
            trouble = e.Message;
            if (_trouble is null) _log.Warning("status", $"the backoffice is not told how the engine is, for now: {e.Message}");
        }
        catch (Exception e)
        {
            trouble = e.Message;
            if (_trouble != trouble) _log.Error("status", $"a fault of our own: {e}");
        }

        if (trouble is null && _trouble is not null) _log.Info("status", "the backoffice is told again how the engine is");
        _trouble = trouble;
    }
}
