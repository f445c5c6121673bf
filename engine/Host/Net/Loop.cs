using System.Collections.Concurrent;
using System.Net;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;
using Viddhana.Core;
using Viddhana.Core.Access;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Net;

/// <summary>What all loops share.</summary>
/// <param name="Limits">Limits of connections and messages.</param>
/// <param name="Admission">Who may come in.</param>
/// <param name="Workers">Validators of slow algorithms.</param>
/// <param name="Log">The log.</param>
/// <param name="Metrics">The metrics.</param>
/// <param name="OnFatal">Told of a fault that ends a loop: the process cannot go on.</param>
public sealed record LoopSetup(
    LimitsConfig Limits, Admission Admission, HashWorkers Workers, Log Log, MetricsRegistry Metrics, Action<Exception> OnFatal)
{
    /// <summary>What operators want to read along.</summary>
    public WireLog WireLog { get; } = new();

    /// <summary>What is known by now of names and bans.</summary>
    public Func<StratumDirectory> Directory { get; init; } = static () => StratumDirectory.Empty;
}

/// <summary>
/// One thread that serves its share of the connections. Each turn is a round: read what is ready, validate, record, answer. Nothing in it
/// waits for a peer, a node or a database. Other threads reach it by its mailbox only.
/// </summary>
public sealed class Loop
{
    /// <summary>Milliseconds between ticks; each tick looks at a tenth of the connections.</summary>
    public const int TickMs = 100;

    /// <summary>Connections that get a new job between two looks at the sockets.</summary>
    public const int BroadcastSlice = 512;

    private const int TicksPerRound = 10;
    private const int BuffersMax = 128;
    private const int BufferKeepMax = 64 << 10;

    private readonly LoopSetup _setup;
    private readonly ITransport _transport;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<Action<Now>> _mail = new();
    private readonly ConcurrentQueue<RoundRun> _validated = new();
    private readonly ConcurrentQueue<ILink> _posted = new();
    private readonly List<ILink> _ready = new(512);
    private readonly Dictionary<IMiningPool, Lane> _lanes = [];
    private readonly Stack<FrameBuffer> _buffers = new();
    private readonly Counter[] _closed;
    private readonly Counter _faults;
    private readonly List<Arrival> _arrivals = [];
    private List<MinerConnection> _touched = [];
    private List<MinerConnection> _flushing = [];
    private List<MinerConnection> _resume = [];
    private List<MinerConnection> _resuming = [];
    private int _asleep;
    private int _count;
    private long _nextTickMs;
    private int _tick;
    private long _lastTurnMs = Clock.MonotonicMs();
    private long _drainByMs = -1;
    private bool _stopped;

    /// <summary>Prepares a loop; <see cref="Start"/> runs it.</summary>
    public Loop(int number, LoopSetup setup, ITransport? transport = null)
    {
        _setup = setup;
        WireLog = setup.WireLog;
        _transport = transport ?? Transports.New();
        _thread = new Thread(Run) { Name = $"loop{number}" };
        Scratch = GC.AllocateUninitializedArray<byte>((2 * MinerConnection.ReceiveMax) + setup.Limits.LineBytes);
        _faults = setup.Metrics.Counter("stratum_session_faults_total", "Sessions closed because of a fault in the engine.");
        BroadcastSeconds = setup.Metrics.Histogram(
            "stratum_job_broadcast_seconds",
            "From a job being published to its last send on a loop.",
            [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]);
        var causes = Enum.GetValues<CloseCause>();
        _closed = new Counter[causes.Length];
        const string Closed = "stratum_connections_closed_total";
        foreach (var cause in causes)
            _closed[(int)cause] = setup.Metrics.Counter(Closed, "Connections closed, by cause.", ("cause", Name(cause)));
    }

    /// <summary>Connections it serves.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Milliseconds since its last turn: more than a few seconds means that it hangs.</summary>
    public long SilentMs => Clock.MonotonicMs() - Volatile.Read(ref _lastTurnMs);

    internal LimitsConfig Limits => _setup.Limits;

    internal Log Log => _setup.Log;

    internal WireLog WireLog { get; }

    internal Histogram BroadcastSeconds { get; }

    /// <summary>The bytes being parsed. One for all connections: parsing never waits.</summary>
    internal byte[] Scratch { get; }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Gives it a new connection.</summary>
    public void Post(IncomingConnection incoming)
    {
        Interlocked.Increment(ref _count);   // now, so that the next connection sees it when it chooses a loop
        Post(now => Accept(incoming, now));
    }

    /// <summary>Has it send a new job of the pool to everyone.</summary>
    public void PostJob(IMiningPool pool, Broadcast broadcast) => Post(_ => LaneOf(pool).BeginBroadcast(broadcast));

    /// <summary>Has it do something with all its connections, some of them between two looks at the sockets.</summary>
    internal void PostVisit(IVisit visit) => Post(now => Visit(visit, _lanes.Values.SelectMany(lane => lane.Connections).ToList(), now));

    /// <summary>Has it answer what it has read, say good-bye and end, within <paramref name="withinMs"/>.</summary>
    public void Drain(int withinMs) => Post(now => _drainByMs = now.MonotonicMs + withinMs);

    /// <summary>Waits for its end after <see cref="Drain"/>.</summary>
    public bool Join(int timeoutMs) => _thread.Join(timeoutMs);

    internal void PostValidated(RoundRun run)
    {
        _validated.Enqueue(run);
        WakeIfAsleep();
    }

    /// <summary>A link that does not live in the transport (TLS) is ready.</summary>
    internal void PostReady(ILink link)
    {
        _posted.Enqueue(link);
        WakeIfAsleep();
    }

    /// <summary>Makes a connection a miner's.</summary>
    internal void Enter(IncomingConnection incoming, Now now)
    {
        if (!incoming.IsBalancers && FindBan(incoming.Address!) is not null)
        {
            TurnAway(incoming, CloseCause.Banned);   // by now: since it was accepted, a handshake may have taken seconds
            return;
        }

        var lane = LaneOf(incoming.Port.Pool);
        var number = _drainByMs >= 0 ? null : incoming.Port.Pool.Numbers.Take();
        if (number is null)
        {
            TurnAway(incoming, _drainByMs >= 0 ? CloseCause.Drain : CloseCause.NoNumber);
            return;
        }

        try
        {
            lane.Add(new MinerConnection(this, lane, incoming, number.Value, now));
        }
        catch (Exception e)
        {
            incoming.Port.Pool.Numbers.Return(number.Value, incoming.Port.Pool.NewestSerial);
            TurnAway(incoming, CloseCause.Fault);
            Log.Error("net", $"{incoming.Address} could not be taken over: {e.Message}");
        }
    }

    /// <summary>An arrival is closed or has become something else.</summary>
    internal void Forget(Arrival arrival)
    {
        var last = _arrivals[^1];
        _arrivals[arrival.Index] = last;
        last.Index = arrival.Index;
        _arrivals.RemoveAt(_arrivals.Count - 1);
    }

    /// <summary>Counts a connection's address once it is known; false where the address has as many as it may.</summary>
    internal bool TryName(IPAddress address) => _setup.Admission.TryName(address);

    /// <summary>The ban of an address as of now, or null.</summary>
    internal Ban? FindBan(IPAddress address) => _setup.Directory().FindBan(address);

    /// <summary>A connection is closed.</summary>
    internal void Left(IPAddress? address, CloseCause cause)
    {
        _closed[(int)cause].Add();
        GoesElsewhere();
        _setup.Admission.Leave(address);
    }

    /// <summary>A connection is closed, or goes on where a TLS handshake ends.</summary>
    internal void GoesElsewhere() => Interlocked.Decrement(ref _count);

    internal ISocketLink AttachToTransport(System.Net.Sockets.Socket socket, object owner) => _transport.Attach(socket, owner);

    internal FrameBuffer RentBuffer() => _buffers.TryPop(out var buffer) ? buffer : new FrameBuffer(4 << 10);

    internal void ReturnBuffer(FrameBuffer buffer)
    {
        buffer.Clear();
        if (buffer.Capacity <= BufferKeepMax && _buffers.Count < BuffersMax) _buffers.Push(buffer);
    }

    internal void Touch(MinerConnection connection) => _touched.Add(connection);

    internal void ResumeLater(MinerConnection connection) => _resume.Add(connection);

    internal void Answer(MinerConnection connection, in Pending pending, ShareResult verdict, Now now)
    {
        try
        {
            connection.Answer(pending, verdict, now);
        }
        catch (Exception e)
        {
            OnFault(connection, e);
        }
    }

    /// <summary>Does something with a connection. A fault of ours in its session closes that connection and nothing else.</summary>
    internal void Guarded<T>(MinerConnection connection, T with, Action<MinerConnection, T> action)
    {
        if (connection.IsClosed) return;
        try
        {
            action(connection, with);
        }
        catch (Exception e)
        {
            OnFault(connection, e);
        }
    }

    internal void FlushTouched(Now now)
    {
        (_flushing, _touched) = (_touched, _flushing);
        foreach (var connection in _flushing) Guarded(connection, now, static (c, at) => c.Flush(at));
        _flushing.Clear();
    }

    internal void OnClosed(MinerConnection connection, Lane lane, CloseCause cause, string? detail)
    {
        lane.Remove(connection);
        Left(connection.Address, cause);
        if (Log.Writes(LogLevel.Debug)) Log.Debug("net", $"{connection.Address} closed: {detail ?? Name(cause)}");
    }

    private void Post(Action<Now> action)
    {
        _mail.Enqueue(action);
        WakeIfAsleep();
    }

    // So many between two looks at the sockets, as in a broadcast.
    private void Visit(IVisit visit, List<MinerConnection> left, Now now)
    {
        for (var most = BroadcastSlice; most > 0 && left.Count > 0; most--)
        {
            Guarded(left[^1], (visit, now), static (c, what) => what.visit.Visit(c, what.now));
            left.RemoveAt(left.Count - 1);
        }

        if (left.Count > 0) Post(later => Visit(visit, left, later));
        else visit.LoopIsDone();
    }

    private void WakeIfAsleep()
    {
        if (Interlocked.Exchange(ref _asleep, 0) == 1) _transport.Wake();
    }

    private void Run()
    {
        try
        {
            while (!_stopped) Turn();
            _transport.Dispose();
        }
        catch (Exception e)
        {
            _setup.OnFatal(e);
        }
    }

    private void Turn()
    {
        Wait();
        var now = Clock.Now();
        Volatile.Write(ref _lastTurnMs, now.MonotonicMs);
        while (_mail.TryDequeue(out var letter)) letter(now);
        while (_validated.TryDequeue(out var run)) run.Lane.Return(run, now);

        ReadSockets(now);
        foreach (var lane in _lanes.Values) lane.EndRound(now);
        FlushTouched(now);

        foreach (var lane in _lanes.Values) lane.Broadcast(BroadcastSlice, now);
        Tick(now);
        FlushTouched(now);
        if (_drainByMs >= 0) DrainIfIdle(now);
    }

    private void Wait()
    {
        var timeoutMs = HasWork() ? 0 : (int)Math.Clamp(_nextTickMs - Clock.MonotonicMs(), 0, TickMs);
        if (timeoutMs > 0)
        {
            Interlocked.Exchange(ref _asleep, 1);
            if (!_mail.IsEmpty || !_validated.IsEmpty || !_posted.IsEmpty) timeoutMs = 0;
        }

        _transport.Wait(timeoutMs, _ready);
        Volatile.Write(ref _asleep, 0);
    }

    private bool HasWork()
    {
        if (_resume.Count > 0) return true;
        foreach (var lane in _lanes.Values)
            if (lane.IsBroadcasting) return true;
        return false;
    }

    private void ReadSockets(Now now)
    {
        (_resuming, _resume) = (_resume, _resuming);
        foreach (var connection in _resuming) Guarded(connection, now, static (c, at) => c.Resume(at));
        _resuming.Clear();

        foreach (var link in _ready) Ready(link, now);
        _ready.Clear();
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var link); left--) Ready(link, now);
    }

    private void Ready(ILink link, Now now)
    {
        if (link.Owner is MinerConnection miner) Guarded(miner, now, static (connection, at) => connection.OnReady(at));
        else ((Arrival)link.Owner).OnReady(now);
    }

    // One tenth of the connections per tick, backwards for the same reason as in a broadcast.
    private void Tick(Now now)
    {
        if (now.MonotonicMs < _nextTickMs) return;
        _nextTickMs = now.MonotonicMs + TickMs;
        _tick = (_tick + 1) % TicksPerRound;
        for (var i = _tick == 0 ? _arrivals.Count - 1 : -1; i >= 0; i--) _arrivals[i].OnTick(now);
        foreach (var lane in _lanes.Values)
        {
            var connections = lane.Connections;
            var tenths = (connections.Count + TicksPerRound - 1 - _tick) / TicksPerRound;
            for (var i = tenths - 1; i >= 0; i--)
                Guarded(connections[(i * TicksPerRound) + _tick], now, static (c, at) =>
                {
                    c.OnTick(at);
                    c.Flush(at);
                });
        }
    }

    private void Accept(IncomingConnection incoming, Now now)
    {
        if (incoming.Gate is null) Enter(incoming, now);
        else if (_drainByMs >= 0) TurnAway(incoming, CloseCause.Drain);
        else Await(incoming, now);
    }

    private void Await(IncomingConnection incoming, Now now)
    {
        try
        {
            var arrival = new Arrival(this, incoming, now) { Index = _arrivals.Count };
            _arrivals.Add(arrival);
        }
        catch (Exception e)
        {
            TurnAway(incoming, CloseCause.Fault);
            Log.Error("net", $"{incoming.Peer} could not be taken over: {e.Message}");
        }
    }

    private void TurnAway(IncomingConnection incoming, CloseCause cause)
    {
        Left(incoming.Address, cause);
        incoming.Dispose();
    }

    private Lane LaneOf(IMiningPool pool)
    {
        if (!_lanes.TryGetValue(pool, out var lane)) _lanes[pool] = lane = new Lane(this, pool, _setup.Workers);
        return lane;
    }

    private void OnFault(MinerConnection connection, Exception e)
    {
        _faults.Add();
        Log.Error("net", $"{connection.Address} closed, a fault in its session: {e}");
        connection.Close(CloseCause.Fault);
    }

    private void DrainIfIdle(Now now)
    {
        for (var i = _arrivals.Count - 1; i >= 0; i--) _arrivals[i].Close(CloseCause.Drain);
        var isBusy = _resume.Count > 0 || _lanes.Values.Any(lane => lane.IsBusy || lane.IsBroadcasting);
        if (isBusy && now.MonotonicMs < _drainByMs) return;

        foreach (var connection in _lanes.Values.SelectMany(lane => lane.Connections).ToList())
        {
            Guarded(connection, now, static (c, at) =>
            {
                c.OnDrain();
                c.Flush(at);
            });
            connection.Close(CloseCause.Drain);
        }

        _stopped = true;
    }

    internal static string Name(CloseCause cause) => cause switch
    {
        CloseCause.SlowReader => "slow_reader",
        CloseCause.LineTooLong => "line_too_long",
        CloseCause.NoNumber => "no_number",
        CloseCause.ProxyHeader => "proxy_header",
        CloseCause.AddressFull => "address_full",
        _ => cause.ToString().ToLowerInvariant(),
    };
}
