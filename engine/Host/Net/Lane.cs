using System.Diagnostics;
using Viddhana.Core;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Engine.Net;

/// <summary>One pool on one loop: its connections there, and its rounds.</summary>
internal sealed class Lane
{
    /// <summary>Submissions in a round.</summary>
    public const int RoundMax = 1_024;

    /// <summary>The same where hashing is slow: small, so that several workers share the load and answers come soon.</summary>
    public const int RoundMaxSlow = 64;

    /// <summary>
    /// Rounds that may be on their way at once where hashing is slow. When all are, its connections wait in their sockets.
    /// </summary>
    public const int RoundsMaxSlow = 16;

    private readonly Loop _loop;
    private readonly HashWorkers _workers;
    private readonly IRoundValidator? _validator;
    private readonly Stack<RoundRun> _free = new();
    private readonly List<MinerConnection> _waiting = [];
    private RoundRun? _open;
    private int _away;
    private Broadcast? _broadcast;
    private int _unsent;

    public Lane(Loop loop, IMiningPool pool, HashWorkers workers)
    {
        _loop = loop;
        _workers = workers;
        Pool = pool;
        if (!pool.IsSlow) _validator = pool.NewValidator();
        for (var i = 0; i < (pool.IsSlow ? RoundsMaxSlow : 1); i++)
            _free.Push(new RoundRun(this, pool.IsSlow ? RoundMaxSlow : RoundMax));
    }

    public IMiningPool Pool { get; }

    public Loop Loop => _loop;

    public List<MinerConnection> Connections { get; } = [];

    /// <summary>The round that takes submissions, or null while all are being hashed.</summary>
    public RoundRun? Open => _open ??= _free.TryPop(out var run) ? run : null;

    /// <summary>True while rounds are being hashed.</summary>
    public bool IsBusy => _away > 0;

    public bool IsBroadcasting => _broadcast is not null;

    public void Add(MinerConnection connection)
    {
        connection.Index = Connections.Count;
        Connections.Add(connection);
    }

    public void Remove(MinerConnection connection)
    {
        var last = Connections[^1];
        Connections[connection.Index] = last;
        last.Index = connection.Index;
        Connections.RemoveAt(Connections.Count - 1);
    }

    public void WaitForRound(MinerConnection connection) => _waiting.Add(connection);

    /// <summary>Lets the session parse into the open round and notes whose submissions those are.</summary>
    public int Submit(MinerConnection connection, ReadOnlySpan<byte> bytes, FrameBuffer output, Now now)
    {
        var run = Open!;
        var before = run.Round.Count;
        if (before == 0) run.StartTicks = Stopwatch.GetTimestamp();
        try
        {
            return connection.Session.OnBytes(bytes, run.Round, output, now);
        }
        finally
        {
            for (var i = before; i < run.Round.Count; i++) run.Owners[i] = connection;
            connection.Outstanding += run.Round.Count - before;
        }
    }

    /// <summary>Ends the open round: validates, records and answers it here, or hands it to the workers.</summary>
    public void EndRound(Now now)
    {
        if (_open is not { Round.Count: > 0 } run) return;
        if (_validator is not null)
        {
            Validate(run, _validator, now);
            Finish(run, now);
            return;
        }

        _open = null;
        _away++;
        _workers.Post(run);
    }

    /// <summary>A round is back from the workers.</summary>
    public void Return(RoundRun run, Now now)
    {
        _away--;
        Finish(run, now);
        _free.Push(run);
        foreach (var connection in _waiting) _loop.ResumeLater(connection);
        _waiting.Clear();
    }

    /// <summary>Decides a round. On whichever thread; a fault of ours there is one round's loss, never the process's.</summary>
    public void Validate(RoundRun run, IRoundValidator validator, Now now)
    {
        try
        {
            validator.Process(run.Round, now);
        }
        catch (Exception e)
        {
            _loop.Log.Error("shares", $"{Pool.Id}: validating a round of {run.Round.Count} failed, its shares are not credited: {e}");
            run.Round.Verdicts.Fill(ShareResult.Unavailable);
        }
    }

    /// <summary>A new job to send to everyone here. One that is still being sent is given up: nobody needs it any more.</summary>
    public void BeginBroadcast(Broadcast broadcast)
    {
        _broadcast?.LoopIsDone();
        _broadcast = broadcast;
        _unsent = Connections.Count;
    }

    /// <summary>
    /// Sends the job to some more. Backwards: a connection that is removed is replaced by the last one, which has had it; who comes
    /// meanwhile is appended and starts with it.
    /// </summary>
    public void Broadcast(int most, Now now)
    {
        if (_broadcast is not { } broadcast) return;
        _unsent = Math.Min(_unsent, Connections.Count);
        for (; _unsent > 0 && most > 0; most--)
            _loop.Guarded(Connections[--_unsent], (broadcast.Job, now), static (c, work) => c.SendJob(work.Job, work.now));

        if (_unsent > 0) return;
        _broadcast = null;
        _loop.BroadcastSeconds.Observe(broadcast.Seconds);
        broadcast.LoopIsDone();
    }

    private void Finish(RoundRun run, Now now)
    {
        Pool.Record(run.Round, now);
        var pending = run.Round.Pending;
        var verdicts = run.Round.Verdicts;
        for (var i = 0; i < pending.Length; i++)
        {
            var connection = run.Owners[i]!;
            _loop.Answer(connection, pending[i], verdicts[i], now);
            if (connection.Outstanding == 0 && connection.IsHeldBack) _loop.ResumeLater(connection);
        }

        Pool.Metrics.Count(run.Round, Stopwatch.GetElapsedTime(run.StartTicks).TotalSeconds, now.MonotonicMs);
        run.Clear();
    }
}

/// <summary>A round on its way, with the connections its submissions came from.</summary>
internal sealed class RoundRun(Lane lane, int capacity)
{
    public Lane Lane { get; } = lane;

    public Round Round { get; } = new(capacity);

    public MinerConnection?[] Owners { get; } = new MinerConnection?[capacity];

    /// <summary>When its first bytes were read.</summary>
    public long StartTicks { get; set; }

    public void Clear()
    {
        Owners.AsSpan(0, Round.Count).Clear();
        Round.Clear();
    }
}
