using System.Diagnostics;
using Viddhana.Miner.Load.Wire;

namespace Viddhana.Miner.Load;

/// <summary>
/// One thread of the generator: an epoll instance and its part of the connections. One receive and at most one send for each turn of a
/// connection; nothing is allocated for a share.
/// </summary>
internal sealed partial class LoadWorker(LoadPlan plan, LoadState state, LoadConnection[] connections) : IDisposable
{
    private const int ReceiveMax = 1 << 16;
    private const int LineMax = 1 << 17;
    private const int OutputMax = 1 << 18;
    private const int ShareMax = 1_024;
    private const long NanosPerMilli = 1_000_000;

    private readonly Poller _poller = new();
    private readonly byte[] _input = GC.AllocateArray<byte>(LineMax + ReceiveMax, pinned: true);
    private readonly byte[] _output = GC.AllocateArray<byte>(OutputMax, pinned: true);
    private readonly Queue<LoadConnection> _again = new();
    private readonly Queue<LoadConnection> _later = new();
    private readonly ShareClock _clock = new(plan.Rate / plan.Threads);
    private int _opened;
    private int _opening;
    private int _ready;
    private int _dead;
    private int _turn;
    private long _beganTicks;
    private long _laterTicks;
    private bool _isSubmitting;
    private bool _isBlocked;

    /// <summary>What it has counted; to be read after <see cref="Run"/> has ended.</summary>
    public LoadCounts Counts { get; } = new();

    /// <summary>Connections that have a job in hand.</summary>
    public int Ready => Volatile.Read(ref _ready);

    /// <summary>Connections that did not come about or were lost.</summary>
    public int Dead => Volatile.Read(ref _dead);

    private bool IsMeasured => state.Phase == LoadPhase.Measure;

    /// <summary>Shares that were never answered; after <see cref="Run"/> has ended.</summary>
    public long Unanswered { get; private set; }

    /// <summary>The body of the thread.</summary>
    public void Run()
    {
        Posix.UseExactTimers();
        _beganTicks = Stopwatch.GetTimestamp();
        while (state.Phase != LoadPhase.Done)
        {
            var count = _poller.Wait(PauseNanos());
            for (var i = 0; i < count; i++)
            {
                var (number, events) = _poller.Ready(i);
                Handle(connections[number], events);
            }

            OpenMore();
            if (plan.Mode == LoadMode.Submit && state.Phase is LoadPhase.Warmup or LoadPhase.Measure) Submit();
        }

        Unanswered = connections.Sum(c => (long)c.Outstanding);
        if (plan.Rate > 0 && _isSubmitting) Counts.NeverSent = _clock.Waiting(Stopwatch.GetTimestamp());
        foreach (var connection in connections) Close(connection);
    }

    /// <inheritdoc/>
    public void Dispose() => _poller.Dispose();

    private long PauseNanos()
    {
        if (_isSubmitting && plan.Rate > 0 && !_isBlocked)
            return Math.Clamp(_clock.NextTicks - Stopwatch.GetTimestamp(), 0, 10 * NanosPerMilli);
        return _opened < connections.Length || !_isSubmitting ? NanosPerMilli : 10 * NanosPerMilli;
    }

    private void Submit()
    {
        if (!_isSubmitting)
        {
            _isSubmitting = true;
            _clock.Start(Stopwatch.GetTimestamp());
            if (plan.Rate == 0) foreach (var connection in connections) Fill(connection);
        }

        if (plan.Rate > 0) SendDue(Stopwatch.GetTimestamp());
    }

    /// <summary>Closed loop: as many shares as there is room for, in one send.</summary>
    private void Fill(LoadConnection connection)
    {
        if (!connection.CanSubmit) return;

        var now = Stopwatch.GetTimestamp();
        var length = 0;
        while (connection.CanSubmit && length < OutputMax - ShareMax)
        {
            length += connection.WriteShare(_output.AsSpan(length), now);
            Counts.Sent++;
        }

        Send(connection, _output.AsSpan(0, length));
    }

    /// <summary>Open loop: every share that is due, each over the next connection that has room.</summary>
    private void SendDue(long now)
    {
        _isBlocked = false;
        while (_clock.NextTicks <= now)
        {
            if (NextWithRoom() is not { } connection)
            {
                // The moments go on being due: what waits here is part of the latency.
                _isBlocked = true;
                return;
            }

            var due = _clock.Take();
            if (IsMeasured) Counts.Lateness.Add(Stopwatch.GetElapsedTime(due, now));
            Counts.Sent++;
            Send(connection, _output.AsSpan(0, connection.WriteShare(_output, due)));
        }
    }

    private LoadConnection? NextWithRoom()
    {
        for (var tried = 0; tried < connections.Length; tried++)
        {
            var connection = connections[_turn];
            if (++_turn == connections.Length) _turn = 0;
            if (connection.CanSubmit) return connection;
        }

        return null;
    }

    private void Send(LoadConnection connection, ReadOnlySpan<byte> bytes)
    {
        if (connection.Unsent.Length > 0)
        {
            connection.Unsent = [.. connection.Unsent, .. bytes];
            return;
        }

        var sent = LoadSocket.Send(connection.Socket, bytes);
        if (sent == bytes.Length) return;
        if (sent < 0)
        {
            Lose(connection);
            return;
        }

        connection.Unsent = bytes[sent..].ToArray();
        _poller.Change(connection.Socket, IndexOf(connection), Posix.EpollIn | Posix.EpollOut);
    }

    private void SendUnsent(LoadConnection connection)
    {
        var sent = LoadSocket.Send(connection.Socket, connection.Unsent);
        if (sent < 0)
        {
            Lose(connection);
            return;
        }

        connection.Unsent = connection.Unsent[sent..];
        if (connection.Unsent.Length == 0) _poller.Change(connection.Socket, IndexOf(connection), Posix.EpollIn);
    }

    private int IndexOf(LoadConnection connection) => connection.Number - connections[0].Number;
}
