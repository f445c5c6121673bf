using System.Buffers;
using System.Net;
using Viddhana.Contracts.Published;
using Viddhana.Core;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum;

namespace Viddhana.Engine.Net;

/// <summary>
/// One connection on its loop: moves bytes between the link and the session and holds it to the limits. While nothing happens it owns no
/// buffer: what is left of a line is rented, what is to be sent is a buffer of the loop's pool.
/// </summary>
public sealed class MinerConnection
{
    /// <summary>Most bytes read in one turn, so that a flood takes turns with everybody else.</summary>
    public const int ReceiveMax = 16 << 10;

    /// <summary>The same where hashing is slow: about sixteen shares.</summary>
    public const int ReceiveMaxSlow = 2 << 10;

    /// <summary>Seconds of messages that may come at once.</summary>
    public const int BurstSeconds = 10;

    /// <summary>Milliseconds that bytes may wait for a reader that takes none of them.</summary>
    public const int StallMs = 60_000;

    private readonly Loop _loop;
    private readonly Lane _lane;
    private readonly PortCount _count;
    private readonly bool _isTls;
    private readonly long _connectedMs;
    private byte[]? _rest;
    private int _restCount;
    private FrameBuffer? _output;
    private int _sent;
    private bool _isTouched;
    private long _lastBytesMs;
    private long _stalledMs = -1;
    private double _messages;
    private long _messagesMs;
    private uint _lastJob;
    private bool _isLoggedIn;

    internal MinerConnection(Loop loop, Lane lane, IncomingConnection incoming, uint extranonce1, Now now)
    {
        _loop = loop;
        _lane = lane;
        Address = incoming.Address!;
        Session = incoming.Port.NewSession(extranonce1, now);
        Link = incoming.Attach(loop, this);
        (_count, _isTls, IsBalancers) = (incoming.Port.Count, incoming.IsTls, incoming.IsBalancers);
        _count.Opened(_isTls);
        _connectedMs = _lastBytesMs = _messagesMs = now.MonotonicMs;
        _messages = loop.Limits.MessagesPerSecond * BurstSeconds;
    }

    /// <summary>The peer; behind a trusted balancer, whom it names.</summary>
    public IPAddress Address { get; }

    /// <summary>True where it is a trusted balancer's own: no ban of addresses reaches it.</summary>
    internal bool IsBalancers { get; }

    internal ILink Link { get; }

    internal ISession Session { get; }

    /// <summary>Submissions of it that are in a round and not answered.</summary>
    internal int Outstanding { get; set; }

    /// <summary>Its place in the lane's list.</summary>
    internal int Index { get; set; }

    /// <summary>True while bytes wait, here or in the socket, for a round to end.</summary>
    internal bool IsHeldBack { get; private set; }

    internal bool IsClosed { get; private set; }

    /// <summary>The link is ready: sends what waits, reads what is there.</summary>
    internal void OnReady(Now now)
    {
        if (_output is not null) Flush(now);
        if (IsClosed) return;

        if (Outstanding > 0 || IsHeldBack || _lane.Open is null) HoldBack();
        else Receive(now);
    }

    /// <summary>Goes on after a pause, with the bytes that were kept.</summary>
    internal void Resume(Now now)
    {
        if (IsClosed || Outstanding > 0) return;
        if (_lane.Open is null)
        {
            _lane.WaitForRound(this);
            return;
        }

        IsHeldBack = false;
        Link.WatchReads(true);
        if (_restCount == 0) return;
        var bytes = _loop.Scratch.AsSpan(0, _restCount);
        _rest.AsSpan(0, _restCount).CopyTo(bytes);
        Parse(bytes, now);
    }

    /// <summary>The answer to one of its submissions.</summary>
    internal void Answer(in Pending pending, ShareResult verdict, Now now)
    {
        Outstanding--;
        if (IsClosed) return;
        Session.OnVerdict(pending, verdict, _output ??= _loop.RentBuffer(), now);

        // At once, not at the end of the turn: its buffer, still in the cache, serves the next connection.
        if (Outstanding == 0) Flush(now);
    }

    /// <summary>Sends a new job, unless it was sent already. At once, so that one buffer serves everybody in turn.</summary>
    internal void SendJob(Job job, Now now)
    {
        if (_lastJob == job.Serial) return;
        _lastJob = job.Serial;
        _isTouched = true;   // flushed right here: the loop need not look at it a second time
        Session.OnJob(job, Output(), now);
        Flush(now);
    }

    /// <summary>About once a second.</summary>
    internal void OnTick(Now now)
    {
        var limits = _loop.Limits;
        if (!_isLoggedIn && Session.IsMining) NoteLogin();
        if (!Session.IsMining && now.MonotonicMs - _connectedMs > limits.LoginSeconds * 1_000L) Close(CloseCause.Login);
        else if (now.MonotonicMs - _lastBytesMs > limits.IdleSeconds * 1_000L) Close(CloseCause.Idle);
        else if (_stalledMs >= 0 && now.MonotonicMs - _stalledMs > StallMs) Close(CloseCause.SlowReader);
        else Session.OnTick(now, Output());
    }

    /// <summary>An operator wants it to have a fresh extranonce1.</summary>
    internal bool TryRenumber(Now now)
    {
        var isRenumbered = Session.TryRenumber(Output(), now);
        Flush(now);
        return isRenumbered;
    }

    /// <summary>Its address, or one of its workers, is banned: told where the client can be told, and closed.</summary>
    internal void OnBanned(Ban ban, Now now)
    {
        Session.OnBanned(ban, Output());
        Flush(now);
        Close(CloseCause.Banned, ban.Message);
    }

    /// <summary>Last words before a planned stop.</summary>
    internal void OnDrain() => Session.OnDrain(Output());

    /// <summary>Sends what was gathered, and closes if the session wants that.</summary>
    internal void Flush(Now now)
    {
        _isTouched = false;
        if (IsClosed) return;
        if (_output is not null) Send(now);
        if (!IsClosed && Session.CloseReason is { } reason && Outstanding == 0) Close(CloseCause.Session, reason);
    }

    /// <summary>Closes at once. What is in rounds is still validated and journaled.</summary>
    internal void Close(CloseCause cause, string? detail = null)
    {
        if (IsClosed) return;
        IsClosed = true;
        if (_loop.WireLog.IsOn) _loop.WireLog.Closed(this, detail ?? Loop.Name(cause));
        ReturnRest();
        if (_output is not null) _loop.ReturnBuffer(_output);
        _output = null;
        if (!Session.OnClosed(Clock.Now())) _lane.Pool.Numbers.Return(Session.Extranonce1, _lane.Pool.NewestSerial);
        _count.Closed(_isTls);
        if (_isLoggedIn) _count.LoggedOut();
        _loop.OnClosed(this, _lane, cause, detail);
        Link.Close();   // last, so that whoever sees it closed also sees it counted
    }

    private void NoteLogin()
    {
        _isLoggedIn = true;
        _count.LoggedIn();
    }

    private void ReturnOutputIfEmpty()
    {
        if (_output is not { Count: 0 }) return;
        _loop.ReturnBuffer(_output);
        _output = null;
    }

    private FrameBuffer Output()
    {
        if (!_isTouched) _loop.Touch(this);
        _isTouched = true;
        return _output ??= _loop.RentBuffer();
    }

    private void Receive(Now now)
    {
        var most = _lane.Pool.IsSlow ? ReceiveMaxSlow : ReceiveMax;
        var scratch = _loop.Scratch.AsSpan();
        var count = Link.Receive(scratch.Slice(_restCount, most));   // fits: the rest of a connection that is not held back is one line
        if (count == 0) return;
        if (count < 0)
        {
            Close(CloseCause.Peer);
            return;
        }

        _rest.AsSpan(0, _restCount).CopyTo(scratch);
        _lastBytesMs = now.MonotonicMs;
        Parse(scratch[..(_restCount + count)], now);
    }

    // The bytes lie in the loop's scratch; only what is left over is copied out of it.
    private void Parse(ReadOnlySpan<byte> bytes, Now now)
    {
        if (HasLongLine(bytes, _loop.Limits.LineBytes))
        {
            if (_loop.WireLog.IsOn) _loop.WireLog.Received(this, bytes);
            Close(CloseCause.LineTooLong);
            return;
        }

        var consumed = _lane.Submit(this, bytes, _output ??= _loop.RentBuffer(), now);
        Check.That(consumed >= 0 && consumed <= bytes.Length);
        if (_loop.WireLog.IsOn) _loop.WireLog.Received(this, bytes[..consumed]);   // by now the session knows whose they are
        if (!IsWithinRate(bytes[..consumed], now.MonotonicMs))
        {
            Close(CloseCause.Flood);
            return;
        }

        Keep(bytes[consumed..]);
        IsHeldBack = Session.IsPaused;
        if (IsHeldBack && Outstanding == 0) _loop.ResumeLater(this);
        if (Outstanding == 0) Flush(now);
        else ReturnOutputIfEmpty();
    }

    // Its shares are being hashed, or no round is free: what follows waits in the socket.
    private void HoldBack()
    {
        Link.WatchReads(false);
        if (!IsHeldBack && Outstanding == 0) _lane.WaitForRound(this);
        IsHeldBack = true;
    }

    private static bool HasLongLine(ReadOnlySpan<byte> bytes, int most)
    {
        while (bytes.Length > most)
        {
            var end = bytes[..(most + 1)].IndexOf((byte)'\n');
            if (end < 0) return true;
            bytes = bytes[(end + 1)..];
        }

        return false;
    }

    private bool IsWithinRate(ReadOnlySpan<byte> consumed, long nowMs)
    {
        var rate = _loop.Limits.MessagesPerSecond;
        _messages = Math.Min(rate * (double)BurstSeconds, _messages + ((nowMs - _messagesMs) * rate / 1_000.0));
        _messagesMs = nowMs;
        _messages -= consumed.Count((byte)'\n');
        return _messages >= 0;
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            ReturnRest();
            return;
        }

        if (_rest is null || _rest.Length < rest.Length)
        {
            ReturnRest();
            _rest = ArrayPool<byte>.Shared.Rent(rest.Length);
        }

        rest.CopyTo(_rest);
        _restCount = rest.Length;
    }

    private void ReturnRest()
    {
        if (_rest is not null) ArrayPool<byte>.Shared.Return(_rest);
        _rest = null;
        _restCount = 0;
    }

    private void Send(Now now)
    {
        var bytes = _output!.Written[_sent..];
        var taken = bytes.IsEmpty ? 0 : Link.Send(bytes);
        if (taken < 0)
        {
            Close(CloseCause.Peer);
            return;
        }

        if (_loop.WireLog.IsOn) _loop.WireLog.Sent(this, bytes[..taken]);
        _sent += taken;
        if (taken == bytes.Length) SentAll();
        else if (bytes.Length - taken > _loop.Limits.SendQueueBytes) Close(CloseCause.SlowReader);
        else WaitForReader(taken, now);
    }

    private void SentAll()
    {
        _loop.ReturnBuffer(_output!);
        _output = null;
        _sent = 0;
        _stalledMs = -1;
        Link.WatchWrites(false);
    }

    private void WaitForReader(int taken, Now now)
    {
        if (taken > 0 || _stalledMs < 0) _stalledMs = now.MonotonicMs;
        Link.WatchWrites(true);
        if (_sent <= _output!.Count / 2) return;

        var rest = _loop.RentBuffer();
        rest.Write(_output.Written[_sent..]);
        _loop.ReturnBuffer(_output);
        _output = rest;
        _sent = 0;
    }
}

/// <summary>Why a connection was closed: a label of its metric.</summary>
public enum CloseCause
{
    /// <summary>The peer closed it, or the network did.</summary>
    Peer,

    /// <summary>The session asked for it: a breach of the protocol.</summary>
    Session,

    /// <summary>Not logged in in time.</summary>
    Login,

    /// <summary>Nothing received for too long.</summary>
    Idle,

    /// <summary>Does not read what it is sent.</summary>
    SlowReader,

    /// <summary>A line over the limit.</summary>
    LineTooLong,

    /// <summary>Too many messages per second.</summary>
    Flood,

    /// <summary>No extranonce1 is free.</summary>
    NoNumber,

    /// <summary>A fault of ours in its session.</summary>
    Fault,

    /// <summary>The engine stops.</summary>
    Drain,

    /// <summary>A trusted balancer's, without a PROXY header.</summary>
    ProxyHeader,

    /// <summary>A balancer has said whose it is, and that address has as many as it may have.</summary>
    AddressFull,

    /// <summary>Its address, its account or one of its workers is banned.</summary>
    Banned,
}
