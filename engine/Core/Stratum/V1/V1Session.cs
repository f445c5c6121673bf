using System.Buffers.Binary;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>
/// The state of one Stratum V1 connection. Work is handed out once the client has subscribed and authorised a worker, in whatever order.
/// Lines that are no JSON object close the connection; everything else is answered, or ignored where an answer would do harm. The length of
/// a line, messages per second, time until login and silence are the caller's to bound.
/// </summary>
public sealed partial class V1Session : ISession
{
    private readonly SessionPool _pool;
    private readonly SessionDifficulty _difficulty;
    private readonly SessionWorkers _workers = new();
    private V1RequestIds _ids;
    private AssignmentRing _ring;
    private int _outstanding;

    /// <summary>A new connection's state; see <see cref="IDialect.NewSession"/>.</summary>
    public V1Session(SessionPool pool, SessionPort port, uint extranonce1)
    {
        _pool = pool;
        Extranonce1 = extranonce1;
        _difficulty = new SessionDifficulty(pool.Difficulties, port);
    }

    /// <inheritdoc/>
    public uint Extranonce1 { get; private set; }

    /// <inheritdoc/>
    public bool IsPaused { get; private set; }

    /// <inheritdoc/>
    public bool IsMining => _isSubscribed && _workers.Count > 0;

    /// <inheritdoc/>
    public string? CloseReason { get; private set; }

    /// <inheritdoc/>
    public bool HasWorker(ReadOnlySpan<byte> name) => _workers.Has(name);

    /// <inheritdoc/>
    public int OnBytes(ReadOnlySpan<byte> received, Round round, FrameBuffer output, Now now)
    {
        IsPaused = false;
        var consumed = 0;
        while (CloseReason is null && !IsPaused)
        {
            var rest = received[consumed..];
            var length = rest.IndexOf((byte)'\n');
            if (length < 0)
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

        // Stale work, and work that could not be recorded, is work done all the same: without it a miner would drift to the minimum while
        // the node or the disk is away, and flood when it comes back.
        var isWork = verdict is ShareResult.Accepted or ShareResult.SolvesBlock or ShareResult.Stale or ShareResult.Unavailable;
        if (!isWork) return;

        _hasShares |= verdict is ShareResult.Accepted or ShareResult.SolvesBlock;
        _difficulty.OnShare(pending.Work.Difficulty, now.MonotonicMs);
        FollowDifficulty(output, now);
    }

    /// <inheritdoc/>
    public void OnDrain(FrameBuffer output)
    {
        if (!_isSubscribed) return;
        if (ShowsMessages) V1Writer.ShowMessage(output, "The pool restarts for maintenance, please reconnect"u8);
        V1Writer.Reconnect(output, _difficulty.Port.DrainTo);
    }

    /// <inheritdoc/>
    public void OnTick(Now now, FrameBuffer output)
    {
        if (_job is not null) KeepBusy(output, now);
    }

    private void Close(string reason) => CloseReason ??= reason;

    // A line that has no end yet, and never will where it is no JSON at all (HTTP, TLS).
    private void JudgeOpenLine(ReadOnlySpan<byte> rest)
    {
        var start = rest.TrimStart(" \t\r"u8);
        if (start.Length == 0 || start[0] == '{') return;

        if (_outstanding > 0) IsPaused = true;
        else Close("not Stratum");
    }

    /// <summary>False: the line must wait for the round, and nothing has happened.</summary>
    private bool TryLine(ReadOnlySpan<byte> line, Round round, FrameBuffer output, Now now)
    {
        line = line.Trim(" \t\r"u8);
        if (line.Length == 0) return true;

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
        if (line[0] == '{') V1Writer.Error(output, "null"u8, "null"u8, "[20,\"Malformed JSON\",null]"u8);
        Close("malformed message");
    }

    private static bool HasGoodId(in V1Reader message) => message.Id.Kind switch
    {
        V1Kind.Missing or V1Kind.Null => true,
        V1Kind.Number or V1Kind.String => message.RawId.Length <= V1RequestIds.IdMax,
        _ => false,
    };

    private bool TrySubmit(in V1Reader message, Round round)
    {
        if (round.IsFull) return false;

        var reference = V1RequestIds.None;
        if (message.Id.Kind is V1Kind.Number or V1Kind.String && !_ids.TryKeep(message.RawId, out reference)) return false;

        _outstanding++;
        ref var pending = ref round.Add();
        pending.Session = this;
        pending.RequestRef = reference;
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
        pending.Extranonce1 = BinaryPrimitives.ReverseEndianness(isKnown ? pending.Work.Extranonce1 : Extranonce1);
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
