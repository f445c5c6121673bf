using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Journal;

/// <summary>
/// Brings the journal to the backoffice and empties it behind the committed mark. With Redis: sends whole entries in order, tells how far
/// they are complete, holds the lease on the instance id. Without: the backoffice reads the directory itself, and only segments are deleted
/// here. Losing Redis never stops a running engine; nothing is lost, whatever Redis forgets.
/// </summary>
public sealed class JournalShipper : IAsyncDisposable
{
    private const int CheckMs = 1_000;
    private const int StampMs = 2_000;
    private const int IdleMs = 50;
    private const int RetryMs = 1_000;

    private readonly ShareJournal _journal;
    private readonly RedisConfig? _config;
    private readonly string _markPath;
    private readonly Log _log;
    private readonly RedisShipment? _shipment;
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private volatile State _state = new("starting", true, "not connected yet");
    private ulong _mark;

    /// <summary>Prepares; nothing happens before <see cref="StartAsync"/>.</summary>
    /// <param name="journal">The journal; it must outlive the shipper.</param>
    /// <param name="redis">Redis, or null: only the committed file is watched.</param>
    /// <param name="committedDirectory">Where the backoffice publishes marks when there is no Redis.</param>
    /// <param name="log">One line per change of state.</param>
    /// <param name="metrics">Gauges and counters.</param>
    public JournalShipper(ShareJournal journal, RedisConfig? redis, string committedDirectory, Log log, MetricsRegistry metrics)
    {
        (_journal, _config, _log) = (journal, redis, log);
        _markPath = CommittedMark.PathOf(committedDirectory, journal.InstanceId, journal.Epoch);
        metrics.Gauge("journal_committed_sequence", "Last sequence that the backoffice has committed.", () => Interlocked.Read(ref _mark));
        if (redis is null) return;

        var shipment = _shipment = new RedisShipment(journal, redis);
        metrics.Gauge("redis_up", "1 while entries can be sent to Redis.", () => _state.Name == "shipping" ? 1 : 0);
        metrics.Gauge(
            "redis_lag_sequences", "Sequences in the journal that Redis has not taken.", () => Lag(journal.LastSequence, shipment.Cursor));
        metrics.Gauge("redis_messages", "Messages that Redis has taken.", () => shipment.Messages);
        metrics.Gauge("redis_resends", "How often Redis had lost messages, and they were sent again.", () => shipment.Resends);
    }

    /// <summary>
    /// Takes the lease if Redis can be reached, and begins. Throws <see cref="JournalException"/> if the instance id is another journal's:
    /// the engine must not start then. If Redis cannot be reached it begins all the same and goes on trying.
    /// </summary>
    public async Task StartAsync()
    {
        if (_config is null)
        {
            FollowFile();
            _loop = Task.Run(RunWithoutRedisAsync);
            return;
        }

        try
        {
            await using var redis = await RedisClient.ConnectAsync(_config, _stop.Token);
            if (await _shipment!.CheckAsync(redis) is { } holder) throw new JournalException(LeaseMessage(holder));
            FollowMark(_shipment.Mark);
        }
        catch (RedisException error)
        {
            Report(new State("down", false, error.Message), "the journal keeps everything until it is back");
        }

        _loop = Task.Run(RunAsync);
    }

    /// <summary>
    /// The state of Redis. Not required for being ready, unless the instance id turned out to be another's or the journal cannot be read.
    /// </summary>
    public HealthEntry Health() => _config is null
        ? new HealthEntry("committed", true, $"sequence {Interlocked.Read(ref _mark)}") { IsRequired = false }
        : new HealthEntry("redis", _state.IsOk, _state.Detail) { IsRequired = _state.IsFatal };

    /// <summary>The last sequence that the backoffice has committed, as far as is known here.</summary>
    public ulong Committed => Interlocked.Read(ref _mark);

    /// <summary>What there is to say of Redis; null where it is not used.</summary>
    public RedisStatus? Redis() => _shipment is not { } shipment
        ? null
        : new RedisStatus(
            _state.Name,
            _state.IsOk,
            _state.Detail,
            (long)Lag(_journal.LastSequence, shipment.Cursor),
            shipment.Messages,
            shipment.Resends);

    /// <summary>Stops; what was not sent is sent after the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private static double Lag(ulong last, ulong cursor) => last > cursor ? last - cursor : 0;

    private string LeaseMessage(string holder) =>
        $"instance id {_journal.InstanceId} is held in Redis by another engine (epoch {holder}, this journal's is {_journal.Epoch:x16}): "
        + "set another engine.instance_id; or, if that engine and its journal are gone for ever, run "
        + $"`viddhana-backoffice engine release {_journal.InstanceId}`";

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using var redis = await RedisClient.ConnectAsync(_config!, _stop.Token);
                // A Redis that hangs must not hold up the end of the engine.
                await using var stopping = _stop.Token.UnsafeRegister(
                    static client => _ = ((RedisClient)client!).DisposeAsync().AsTask(), redis);
                await ShipAsync(redis);
            }
            catch (RedisException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (RedisException error)
            {
                Report(new State("down", false, error.Message), "the journal keeps everything until it is back");
            }
            catch (JournalException error)
            {
                Report(new State("damaged", false, error.Message) { IsFatal = true }, "nothing is sent");
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Pause(RetryMs);
        }
    }

    /// <summary>Sends for as long as the connection lives and the lease is ours.</summary>
    private async Task ShipAsync(RedisClient redis)
    {
        var (checkAt, stampAt) = (0L, 0L);
        while (!_stop.IsCancellationRequested)
        {
            if (Environment.TickCount64 >= checkAt)
            {
                var resends = _shipment!.Resends;
                if (await _shipment.CheckAsync(redis) is { } holder)
                {
                    Report(new State("refused", false, LeaseMessage(holder)) { IsFatal = true }, "nothing is sent");
                    return;
                }

                if (_shipment.Resends > resends)
                    _log.Warning("redis", $"Redis has lost messages or marks: everything after sequence {_shipment.Mark} is sent again");
                FollowMark(_shipment.Mark);
                checkAt = Environment.TickCount64 + CheckMs;
            }

            var sent = await _shipment!.SendAsync(redis);
            Report(new State("shipping", true, $"{redis.Address}, committed {_shipment.Mark}"), "");
            if (Environment.TickCount64 >= stampAt && await _shipment.StampAsync(redis)) stampAt = Environment.TickCount64 + StampMs;
            if (!sent) await Pause(IdleMs);
        }
    }

    private async Task RunWithoutRedisAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            FollowFile();
            await Pause(CheckMs);
        }
    }

    private void FollowFile()
    {
        if (CommittedMark.Read(_markPath) is { } mark) FollowMark(mark);
    }

    /// <summary>Empties the journal up to the mark. A mark ahead of the journal takes its sequences for ever.</summary>
    private void FollowMark(ulong mark)
    {
        Interlocked.Exchange(ref _mark, mark);
        if (mark > _journal.LastSequence)
        {
            _log.Error(
                "journal",
                $"the backoffice has committed up to {mark}, the journal ends at {_journal.LastSequence}: its end was lost or it is an "
                + $"old copy; it goes on at {mark + 1}");
            _journal.TryAdvance(mark);
        }

        _journal.DeleteCommitted(mark);
    }

    private async Task Pause(int milliseconds)
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

    /// <summary>Keeps the state; a change of its name is one line in the log.</summary>
    private void Report(State state, string consequence)
    {
        var before = _state;
        _state = state;
        if (before.Name == state.Name) return;

        if (state.IsOk) _log.Info("redis", $"sending to {state.Detail}");
        else if (state.IsFatal) _log.Error("redis", $"{state.Detail}; {consequence}");
        else _log.Warning("redis", $"{state.Detail}; {consequence}");
    }

    private sealed record State(string Name, bool IsOk, string Detail)
    {
        public bool IsFatal { get; init; }
    }
}

/// <summary>How Redis is, as the shipper sees it.</summary>
/// <param name="State">starting, shipping, down, refused or damaged.</param>
/// <param name="IsOk">True while entries are sent, or it has only just begun.</param>
/// <param name="Detail">In words, without secrets.</param>
/// <param name="Lag">Sequences in the journal that Redis has not taken.</param>
/// <param name="Messages">Messages that it has taken.</param>
/// <param name="Resends">How often it had lost messages.</param>
public sealed record RedisStatus(string State, bool IsOk, string Detail, long Lag, long Messages, long Resends);
