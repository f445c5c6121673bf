using System.Buffers.Binary;
using System.Text;
using Viddhana.Contracts.Published;
using Viddhana.Core.Access;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>
/// The state of one Stratum V1 connection. Work is handed out once the client has subscribed and authorised a worker, in whatever order.
/// Every request is answered, or ignored where an answer would do harm.
/// </summary>
public sealed partial class V1Session : LineSession, ISession
{
    private readonly SessionPool _pool;
    private readonly SessionDifficulty _difficulty;
    private readonly SessionWorkers _workers = new();
    private AssignmentRing _ring;

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
    public bool IsMining => _isSubscribed && _workers.Count > 0;

    /// <inheritdoc/>
    public bool HasWorker(ReadOnlySpan<byte> name) => _workers.Has(name);

    /// <inheritdoc/>
    public Ban? FindBan(StratumDirectory directory) => _workers.FindBan(directory);

    /// <inheritdoc/>
    public void OnBanned(Ban ban, FrameBuffer output)
    {
        if (ShowsMessages) V1Writer.ShowMessage(output, Encoding.ASCII.GetBytes(ban.Message));
    }

    /// <inheritdoc/>
    public void OnVerdict(in Pending pending, ShareResult verdict, FrameBuffer output, Now now)
    {
        Answer(pending, verdict, output);

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

    private protected override bool TryMessage(
        in V1Reader message, ReadOnlySpan<byte> line, Round round, FrameBuffer output, Now now)
    {
        var method = message.Method.Kind == V1Kind.String ? V1Methods.Of(message) : V1Method.Unknown;
        if (method == V1Method.Submit) return TrySubmit(message, line, round);
        if (IsAwaitingVerdicts) return false;

        OnRequest(method, message, output, now);
        return true;
    }

    private protected override void WriteMalformed(FrameBuffer output) =>
        V1Writer.Error(output, "null"u8, "null"u8, "[20,\"Malformed JSON\",null]"u8);

    private protected override void WriteVerdict(FrameBuffer output, ReadOnlySpan<byte> id, ShareResult verdict) =>
        V1Writer.Verdict(output, id, verdict);

    private protected override ShareResult? ReadSubmission(in V1Reader message, ReadOnlySpan<byte> line, ref Pending pending)
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
