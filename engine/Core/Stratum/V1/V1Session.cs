using System.Buffers.Binary;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>
/// The state of one Stratum V1 connection. Work is handed out once the client has subscribed and authorised a worker, in whatever order.
/// Lines that are no JSON object close the connection; everything else is answered, or ignored where an answer would do harm.
/// </summary>
public sealed partial class V1Session : ISession
{
    // Messages are averaged over this time.
    private const int BudgetSeconds = 10;

    private readonly SessionPool _pool;
    private readonly uint _extranonce1;
    private readonly long _openedMs;
    private readonly SessionDifficulty _difficulty;
    private readonly SessionWorkers _workers = new();
    private V1RequestIds _ids;
    private AssignmentRing _ring;
    private long _heardMs;
    private long _budgetMs;
    private int _budget;
    private int _outstanding;

    /// <summary>A new connection's state; see <see cref="IDialect.NewSession"/>.</summary>
    public V1Session(SessionPool pool, SessionPort port, uint extranonce1, Now now)
    {
        _pool = pool;
        _extranonce1 = extranonce1;
        _openedMs = _heardMs = _budgetMs = now.MonotonicMs;
        _budget = pool.Limits.MessagesPerSecond * BudgetSeconds;
        _difficulty = new SessionDifficulty(pool.Difficulties, port);
    }

    /// <inheritdoc/>
    public bool IsPaused { get; private set; }

    /// <inheritdoc/>
    public bool IsMining => _isSubscribed && _workers.Count > 0;

    /// <inheritdoc/>
    public string? CloseReason { get; private set; }

    /// <inheritdoc/>
    public int OnBytes(ReadOnlySpan<byte> received, Round round, FrameBuffer output, Now now)
    {
        IsPaused = false;
        _heardMs = now.MonotonicMs;
        var consumed = 0;
        while (CloseReason is null && !IsPaused)
        {
            var rest = received[consumed..];
            var length = rest.IndexOf((byte)'\n');
            if (length < 0 || length > _pool.Limits.LineBytes)
            {
                JudgeOpenLine(rest);
                break;
            }

            IsPaused = !TryLine(rest[..length], round, output, now);
            if (!IsPaused) consumed += length + 1;
        }

        return CloseReason is null ? consumed : received.Length;
    }

    /// <inheritdoc/>
    public void OnVerdict(in Pending pending, ShareResult verdict, FrameBuffer output, Now now)
    {
        Check.That(_outstanding > 0);
        _outstanding--;
        if (pending.RequestRef != V1RequestIds.None)
        {
            Span<byte> scratch = stackalloc byte[16];
            V1Writer.Verdict(output, _ids.Text(pending.RequestRef, scratch), verdict);
            _ids.Release(pending.RequestRef);
        }

        if (verdict is not (ShareResult.Accepted or ShareResult.SolvesBlock)) return;

        _difficulty.OnShare(pending.Work.Difficulty, now.MonotonicMs);
        FollowDifficulty(output, now);
    }

    /// <inheritdoc/>
    public void OnDrain(FrameBuffer output)
    {
        if (_isSubscribed) V1Writer.Reconnect(output);
    }

    /// <inheritdoc/>
    public void OnTick(Now now, FrameBuffer output)
    {
        var limits = _pool.Limits;
        if (!IsMining && now.MonotonicMs - _openedMs >= limits.LoginSeconds * 1000L) Close("no login in time");
        else if (now.MonotonicMs - _heardMs >= limits.IdleSeconds * 1000L) Close("silent for too long");
        else if (_job is not null) KeepBusy(output, now);
    }

    private void Close(string reason) => CloseReason ??= reason;

    // A line that has no end yet: it may be too long already, or no JSON at all (HTTP, TLS), which must not wait for a newline.
    private void JudgeOpenLine(ReadOnlySpan<byte> rest)
    {
        var isTooLong = rest.Length > _pool.Limits.LineBytes;
        var start = rest.TrimStart(" \t\r"u8);
        if (!isTooLong && (start.Length == 0 || start[0] == '{')) return;

        if (_outstanding > 0) IsPaused = true;
        else Close(isTooLong ? "line too long" : "not Stratum");
    }

    /// <summary>False: the line must wait for the round, and nothing has happened.</summary>
    private bool TryLine(ReadOnlySpan<byte> line, Round round, FrameBuffer output, Now now)
    {
        if (line.Trim(" \t\r"u8).Length > 0 && !TryMessage(line, round, output, now)) return false;

        Spend(now.MonotonicMs);
        return true;
    }

    private bool TryMessage(ReadOnlySpan<byte> line, Round round, FrameBuffer output, Now now)
    {
        var message = new V1Reader(line);
        var isMessage = message.TryRead() && HasGoodId(message);
        var method = isMessage && message.Method.Kind == V1Kind.String ? V1Methods.Of(message) : V1Method.Unknown;
        if (method == V1Method.Submit) return TrySubmit(message, round);
        if (_outstanding > 0) return false;

        if (isMessage) OnRequest(method, message, output, now);
        else Refuse(line, output);
        return true;
    }

    // The reason is told where it may be a miner's: a quote in a user name that its firmware pasted into JSON.
    private void Refuse(ReadOnlySpan<byte> line, FrameBuffer output)
    {
        if (line.TrimStart(" \t\r"u8).StartsWith("{"u8)) V1Writer.Error(output, "null"u8, "null"u8, "[20,\"Malformed JSON\",null]"u8);
        Close("malformed message");
    }

    private static bool HasGoodId(in V1Reader message) => message.Id.Kind switch
    {
        V1Kind.Missing or V1Kind.Null => true,
        V1Kind.Number or V1Kind.String => message.RawId.Length <= V1RequestIds.IdMax,
        _ => false,
    };

    private void Spend(long nowMs)
    {
        var perSecond = _pool.Limits.MessagesPerSecond;
        if (nowMs - _budgetMs >= 1000)
        {
            var refill = Math.Min((nowMs - _budgetMs) / 1000, BudgetSeconds);
            _budget = (int)Math.Min(_budget + (refill * perSecond), (long)perSecond * BudgetSeconds);
            _budgetMs = nowMs;
        }

        if (--_budget < 0) Close("too many messages");
    }

    private bool TrySubmit(in V1Reader message, Round round)
    {
        if (round.IsFull) return false;

        var reference = V1RequestIds.None;
        if (message.Id.Kind is V1Kind.Number or V1Kind.String && !_ids.TryKeep(message.RawId, out reference)) return false;

        _outstanding++;
        ref var pending = ref round.Add();
        pending.Session = this;
        pending.RequestRef = reference;
        pending.Extranonce1 = BinaryPrimitives.ReverseEndianness(_extranonce1);
        pending.Verdict = Read(message, ref pending);
        return true;
    }

    // Null: the validator decides.
    private ShareResult? Read(in V1Reader message, ref Pending pending)
    {
        if (!_isSubscribed) return ShareResult.NotSubscribed;
        if (_workers.Count == 0) return ShareResult.Unauthorized;

        var user = message.Param(0);
        pending.Worker = user.HasEscapes ? FindEscaped(message, user) : _workers.FindOrSameAccount(message.Raw(user));
        var isAuthorized = pending.Worker is not null;

        // Refused, but still tested as a block: it was found on this connection's work.
        pending.Worker ??= _workers.First;
        var isRead = V1Submit.TryRead(message, _pool.Extranonce2Size, out pending.Share);
        var isKnown = isRead && _ring.TryFind(pending.Share.JobId, out pending.Work);
        if (!isAuthorized) return ShareResult.Unauthorized;
        if (!isRead) return ShareResult.Malformed;
        return isKnown ? null : ShareResult.UnknownJob;
    }

    private Worker? FindEscaped(in V1Reader message, V1Value user)
    {
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        return _workers.FindOrSameAccount(message.Text(user, scratch));
    }
}
