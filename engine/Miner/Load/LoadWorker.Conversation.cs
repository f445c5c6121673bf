using System.Diagnostics;
using Viddhana.Core.Stratum;
using Viddhana.Miner.Load.Wire;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner.Load;

/// <summary>Opening and closing of connections, and what is read from them.</summary>
internal sealed partial class LoadWorker
{
    private const string Agent = "viddhana-load/1";
    private const uint WantedMask = 0x1fffe000;
    private const long LaterMs = 10;

    private readonly FrameBuffer _request = new();

    private void OpenMore()
    {
        var now = Stopwatch.GetTimestamp();
        var allowed = plan.ConnectRate > 0
            ? Math.Min(connections.Length, 1 + (plan.ConnectRate / plan.Threads * Stopwatch.GetElapsedTime(_beganTicks, now).TotalSeconds))
            : connections.Length;
        while (_opened < allowed && _opening < plan.OpeningMax) Open(connections[_opened++], now);

        for (var left = _again.Count; left > 0; left--) Open(_again.Dequeue(), now);
        if (_later.Count == 0 || now < _laterTicks) return;
        for (var left = _later.Count; left > 0; left--) Open(_later.Dequeue(), now);
    }

    private void Open(LoadConnection connection, long now)
    {
        connection.Reset();
        connection.StartedTicks = now;
        var socket = LoadSocket.Connect(plan.Target, plan.SourceOf(connection.Number), plan.Mode == LoadMode.Broadcast);
        if (socket < 0)
        {
            Counts.ConnectFailures++;
            GiveUp(connection);
            return;
        }

        connection.Socket = socket;
        connection.Stage = LoadStage.Connecting;
        _opening++;
        _poller.Add(socket, IndexOf(connection), Posix.EpollOut);
    }

    private void Handle(LoadConnection connection, uint events)
    {
        if (connection.Socket < 0) return;
        if (connection.Stage == LoadStage.Connecting)
        {
            OnConnected(connection, events);
            return;
        }

        if ((events & Posix.EpollOut) != 0 && connection.Unsent.Length > 0) SendUnsent(connection);
        if ((events & ~Posix.EpollOut) != 0 && connection.Socket >= 0) Receive(connection);
    }

    private void OnConnected(LoadConnection connection, uint events)
    {
        if ((events & (Posix.EpollError | Posix.EpollHangUp)) != 0)
        {
            Counts.ConnectFailures++;
            Close(connection);
            GiveUp(connection);
            return;
        }

        _poller.Change(connection.Socket, IndexOf(connection), Posix.EpollIn);
        connection.Stage = plan.RollsVersion ? LoadStage.Configuring : LoadStage.Subscribing;
        _request.Clear();
        if (plan.RollsVersion) StratumWriter.Configure(_request, LoadConnection.ConfigureId, WantedMask);
        else StratumWriter.Subscribe(_request, LoadConnection.SubscribeId, Agent);
        Send(connection, _request.Written);
    }

    private void Receive(LoadConnection connection)
    {
        var held = connection.HeldLength;
        connection.Held.AsSpan(0, held).CopyTo(_input);
        var stamp = 0L;
        var room = _input.AsSpan(held, ReceiveMax);
        var count = plan.Mode == LoadMode.Broadcast
            ? LoadSocket.Receive(connection.Socket, room, out stamp)
            : LoadSocket.Receive(connection.Socket, room);
        if (count < 0) Lose(connection);
        if (count <= 0) return;

        var now = Stopwatch.GetTimestamp();
        ReadOnlySpan<byte> rest = _input.AsSpan(0, held + count);
        for (var end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
        {
            OnLine(connection, rest[..end], now, stamp);
            if (connection.Socket < 0) return;
            rest = rest[(end + 1)..];
        }

        Hold(connection, rest);
        if (_isSubmitting && plan.Rate == 0) Fill(connection);
    }

    private void Hold(LoadConnection connection, ReadOnlySpan<byte> rest)
    {
        connection.HeldLength = rest.Length;
        if (rest.Length >= LineMax) Lose(connection);
        if (rest.IsEmpty || connection.HeldLength == 0) return;
        if (connection.Held.Length < rest.Length) connection.Held = new byte[rest.Length];
        rest.CopyTo(connection.Held);
    }

    private void OnLine(LoadConnection connection, ReadOnlySpan<byte> line, long now, long stamp)
    {
        var hasId = ServerLine.TryReadId(line, out var id, out var end);
        if (ServerLine.IsCall(line, end)) OnCall(connection, line, stamp);
        else if (hasId && id > LoadConnection.SuggestId) OnShareAnswer(connection, line, id, end, now);
        else if (hasId) OnAnswer(connection, line, id, end);
        if (connection.Stage == LoadStage.Authorizing && connection.IsAuthorized && connection.HasJob) OnReady(connection, now);
    }

    private void OnShareAnswer(LoadConnection connection, ReadOnlySpan<byte> line, long id, int end, long now)
    {
        if (!connection.TryTake(id, out var due) || !IsMeasured) return;

        Counts.Latency.Add(Stopwatch.GetElapsedTime(due, now));
        if (ServerLine.IsTrue(line, end))
        {
            Counts.Accepted++;
            return;
        }

        var code = ServerLine.ErrorCode(line);
        Counts.Rejected[code] = Counts.Rejected.GetValueOrDefault(code) + 1;
    }

    private void OnAnswer(LoadConnection connection, ReadOnlySpan<byte> line, long id, int end)
    {
        _request.Clear();
        switch (id)
        {
            case LoadConnection.ConfigureId:
                connection.SetMask(ServerLine.VersionMask(line));
                connection.Stage = LoadStage.Subscribing;
                StratumWriter.Subscribe(_request, LoadConnection.SubscribeId, Agent);
                break;
            case LoadConnection.SubscribeId:
                if (!ServerLine.TryReadExtranonce2Size(line, out var size) || !connection.TrySetExtranonce2Size(size))
                {
                    Refuse(connection);
                    return;
                }

                connection.Stage = LoadStage.Authorizing;
                if (plan.Difficulty is { } difficulty) StratumWriter.SuggestDifficulty(_request, LoadConnection.SuggestId, difficulty);
                StratumWriter.Authorize(_request, LoadConnection.AuthorizeId, connection.User, plan.Password);
                break;
            case LoadConnection.AuthorizeId:
                connection.IsAuthorized = ServerLine.IsTrue(line, end);
                if (!connection.IsAuthorized) Refuse(connection);
                return;
            default:
                return;
        }

        Send(connection, _request.Written);
    }

    private void OnCall(LoadConnection connection, ReadOnlySpan<byte> line, long stamp)
    {
        if (line.IndexOf("\"mining.set_version_mask\""u8) >= 0)
        {
            if (plan.RollsVersion) connection.SetMask(ServerLine.VersionMask(line));
            return;
        }

        if (line.IndexOf("\"mining.notify\""u8) < 0 || !ServerLine.TryReadJob(line, out var job)) return;

        if (job.IsClean)
        {
            Counts.CleanJobs++;
            if (state.IsRound && connection.CleanStamp == 0) connection.CleanStamp = stamp;
        }

        if (plan.Mode == LoadMode.Submit || !connection.HasJob) connection.Use(job);
    }

    private void OnReady(LoadConnection connection, long now)
    {
        connection.Stage = LoadStage.Ready;
        _opening--;
        if (plan.Mode != LoadMode.Churn)
        {
            Counts.Opening.Add(Stopwatch.GetElapsedTime(connection.StartedTicks, now));
            Interlocked.Increment(ref _ready);
            if (_isSubmitting && plan.Rate == 0) Fill(connection);
            return;
        }

        if (IsMeasured)
        {
            Counts.Cycles++;
            Counts.Opening.Add(Stopwatch.GetElapsedTime(connection.StartedTicks, now));
        }

        Close(connection);
        _again.Enqueue(connection);
    }

    private void Refuse(LoadConnection connection)
    {
        Counts.Refused++;
        Close(connection);
        GiveUp(connection);
    }

    /// <summary>The server ended the connection.</summary>
    private void Lose(LoadConnection connection)
    {
        if (connection.Socket < 0) return;

        Counts.Disconnects++;
        Close(connection);
        GiveUp(connection);
    }

    /// <summary>In churn it is tried again after a moment, so that a server that is not there is not hammered.</summary>
    private void GiveUp(LoadConnection connection)
    {
        if (plan.Mode != LoadMode.Churn)
        {
            Interlocked.Increment(ref _dead);
            return;
        }

        if (_later.Count == 0) _laterTicks = Stopwatch.GetTimestamp() + (LaterMs * Stopwatch.Frequency / 1_000);
        _later.Enqueue(connection);
    }

    private void Close(LoadConnection connection)
    {
        if (connection.Socket < 0) return;

        if (connection.Stage == LoadStage.Ready) Interlocked.Decrement(ref _ready);
        else _opening--;
        _ = Posix.Close(connection.Socket);
        connection.Socket = -1;
        connection.Stage = LoadStage.Closed;
        connection.Unsent = [];
    }
}
