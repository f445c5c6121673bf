namespace Viddhana.Backoffice.Engines;

/// <summary>Whether an engine lives.</summary>
public enum EngineLife
{
    /// <summary>It has said something a moment ago.</summary>
    Ok,

    /// <summary>It has said nothing for too long: killed, hung, or cut off.</summary>
    Silent,

    /// <summary>It said that it stops.</summary>
    Stopped,

    /// <summary>It has committed shares once and never told how it is.</summary>
    Unknown,
}

/// <summary>An engine as the backoffice sees it.</summary>
/// <param name="Status">What it said last.</param>
/// <param name="Life">Whether it lives.</param>
/// <param name="LastSeen">When it said that, by the clock here.</param>
public sealed record EngineView(EngineStatus Status, EngineLife Life, DateTimeOffset LastSeen);

/// <summary>
/// Looks at the engines' status documents every second, on every backoffice. Whether an engine lives is told by its document's changing,
/// against the clock here alone: engines' clocks may be wrong, and a Redis that is away is no engine's silence.
/// </summary>
internal sealed class EngineBoard(IStatusSource source, TimeProvider time, ILogger<EngineBoard> log) : BackgroundService
{
    /// <summary>Time without a new document after which an engine is silent; five intervals where that is longer.</summary>
    public static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromSeconds(30);

    private readonly Dictionary<int, Seen> _seen = [];
    private volatile IReadOnlyList<EngineView> _engines = [];
    private volatile string? _trouble;

    /// <summary>All engines that have told how they are, by instance id.</summary>
    public IReadOnlyList<EngineView> Engines => _engines;

    /// <summary>Why nothing can be read at present, or what of it cannot; null: all is well.</summary>
    public string? Trouble => _trouble;

    /// <summary>Reads the documents once.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        string? trouble = null;
        try
        {
            var now = time.GetUtcNow();
            foreach (var (name, document) in await source.ReadAsync(cancel))
            {
                if (EngineStatus.Read(document, out var error) is { } status) Note(status, now);
                else trouble = $"the status of {name} cannot be read: {error}";
            }

            // Its document was deleted (the engine was released), or Redis came back empty and living engines tell again in a moment.
            foreach (var gone in _seen.Where(seen => now - seen.Value.ReadAt > ForgottenAfter).ToList()) _seen.Remove(gone.Key);
            _engines = [.. _seen.Values.OrderBy(seen => seen.Status.Engine).Select(seen => View(seen, now))];
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            trouble = error.Message;   // whatever it is, what operators see must not end what pays
        }

        if (trouble is not null && _trouble is null) EnginesLog.StatusAway(log, trouble);
        if (trouble is null && _trouble is not null) EnginesLog.StatusBack(log);
        _trouble = trouble;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await LookAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // only when it stops
            await Task.Delay(LookEvery, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await source.DisposeAsync();
    }

    // A document that was there before us is as old as it says; one from a clock that is ahead counts from now.
    private void Note(EngineStatus status, DateTimeOffset now)
    {
        if (!_seen.TryGetValue(status.Engine, out var before))
        {
            var said = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(status.At, 0, now.ToUnixTimeMilliseconds()));
            _seen[status.Engine] = new Seen(status, said, now);
            return;
        }

        var isNew = (status.Epoch, status.ProcessStart, status.Number)
            != (before.Status.Epoch, before.Status.ProcessStart, before.Status.Number);
        _seen[status.Engine] = isNew ? new Seen(status, now, now) : before with { ReadAt = now };
    }

    private static EngineView View(Seen seen, DateTimeOffset now)
    {
        var status = seen.Status;
        var patience = TimeSpan.FromMilliseconds(Math.Max(SilentAfter.TotalMilliseconds, 5.0 * Math.Clamp(status.IntervalMs, 0, 60_000)));
        var life = status.State == "stopped" ? EngineLife.Stopped : now - seen.SaidAt > patience ? EngineLife.Silent : EngineLife.Ok;
        return new EngineView(status, life, seen.SaidAt);
    }

    /// <summary>A document, when it was new, and when it was read last.</summary>
    private sealed record Seen(EngineStatus Status, DateTimeOffset SaidAt, DateTimeOffset ReadAt);
}
