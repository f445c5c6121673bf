using System.Buffers.Binary;
using System.Text;
using Viddhana.Contracts.Published;
using Viddhana.Core.Access;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum;

/// <summary>
/// What sessions of the dialects have in common that hand out <see cref="BlobWork"/>: which work with which difficulty is sent when. What
/// is said, and how, is the dialect's.
/// </summary>
internal abstract class BlobSession : LineSession, ISession
{
    // Between two changes of difficulty that do not come with a new job anyway.
    private const long ChangeMinMs = 2_000;

    private AssignmentRing _ring;
    private Job? _job;
    private ShareDifficulty? _told;
    private ShareDifficulty? _toldFor;
    private long _changedMs = long.MinValue / 2;
    private WorkerMemory _memory;
    private bool _hasShares;
    private ushort _variant;

    protected BlobSession(SessionPool pool, SessionPort port, uint extranonce1)
    {
        Pool = pool;
        Extranonce1 = extranonce1;
        Difficulty = new SessionDifficulty(pool.Difficulties, port);
    }

    /// <inheritdoc/>
    public uint Extranonce1 { get; }

    /// <inheritdoc/>
    public abstract bool IsMining { get; }

    protected SessionPool Pool { get; }

    protected SessionDifficulty Difficulty { get; }

    protected SessionWorkers Workers { get; } = new();

    /// <inheritdoc/>
    public bool HasWorker(ReadOnlySpan<byte> name) => Workers.Has(name);

    /// <inheritdoc/>
    public Ban? FindBan(StratumDirectory directory) => Workers.FindBan(directory);

    /// <inheritdoc/>
    public void OnVerdict(in Pending pending, ShareResult verdict, FrameBuffer output, Now now)
    {
        Answer(pending, verdict, output);

        // As in V1: work that came late or could not be recorded says as much of the miner as other work.
        if (verdict is not (ShareResult.Accepted or ShareResult.SolvesBlock or ShareResult.Stale or ShareResult.Unavailable)) return;

        _hasShares |= verdict is ShareResult.Accepted or ShareResult.SolvesBlock;
        Difficulty.OnShare(pending.Work.Difficulty, now.MonotonicMs);
        FollowDifficulty(output, now);
    }

    /// <inheritdoc/>
    public void OnJob(Job job, FrameBuffer output, Now now)
    {
        // A client that logged in between publication and this call has it already.
        if (!IsMining || job.IsRetired || (_job is not null && job.Serial <= _job.Serial)) return;

        Send(job, variant: 0, clean: _job is null || job.IsNewTip || job.Tip != _job.Tip, output, now);
    }

    /// <inheritdoc/>
    public void OnTick(Now now, FrameBuffer output)
    {
        if (_job is null) return;

        _memory.OnTick(Pool.LastDifficulties, Workers.First, Difficulty, now);
        Difficulty.OnTick(now.MonotonicMs);
        FollowDifficulty(output, now);
        if (_memory.IsDue(Pool.LastDifficulties, now)) Remember(now);
    }

    /// <inheritdoc/>
    public bool OnClosed(Now now)
    {
        Remember(now);
        return false;
    }

    /// <summary>
    /// client.reconnect with host and port, both as text, which is the only form that XMRig reads; without a place nothing, for these
    /// clients come back by themselves when the connection ends.
    /// </summary>
    public void OnDrain(FrameBuffer output)
    {
        if (!IsMining || Difficulty.Port.DrainTo is not { } to) return;
        var line = $$"""{"id":null,"jsonrpc":"2.0","method":"client.reconnect","params":["{{to.Host}}","{{to.Port}}"]}""";
        output.Write(Encoding.ASCII.GetBytes(line + "\n"));
    }

    /// <summary>True for a submission, which goes into the round; everything else is a request.</summary>
    protected abstract bool IsSubmission(in V1Reader message);

    /// <summary>Answers a request at once.</summary>
    protected abstract void OnRequest(in V1Reader message, ReadOnlySpan<byte> line, FrameBuffer output, Now now);

    private protected sealed override bool TryMessage(
        in V1Reader message, ReadOnlySpan<byte> line, Round round, FrameBuffer output, Now now)
    {
        if (IsSubmission(message)) return TrySubmit(message, line, round);
        if (IsAwaitingVerdicts) return false;

        OnRequest(message, line, output, now);
        return true;
    }

    private protected sealed override ShareResult? ReadSubmission(in V1Reader message, ReadOnlySpan<byte> line, ref Pending pending)
    {
        pending.Extranonce1 = BinaryPrimitives.ReverseEndianness(Extranonce1);
        return Read(message, line, ref pending);
    }

    /// <inheritdoc cref="LineSession.ReadSubmission"/>
    protected abstract ShareResult? Read(in V1Reader message, ReadOnlySpan<byte> line, ref Pending pending);

    /// <summary>Tells the client its new work.</summary>
    /// <param name="work">What it is judged by from now on.</param>
    /// <param name="clean">True: all earlier work is dead.</param>
    /// <param name="isNewDifficulty">True when the difficulty is another than that of the work before.</param>
    /// <param name="output">Where to.</param>
    protected abstract void WriteWork(in Assignment work, bool clean, bool isNewDifficulty, FrameBuffer output);

    /// <summary>Looks up what the client was handed under a job id.</summary>
    protected bool TryFind(ulong wireId, out Assignment work) => _ring.TryFind(wireId, out work);

    /// <summary>The work in hand: what a client is told that asks for it once more.</summary>
    protected bool TryFindCurrent(out Assignment work)
    {
        work = default;
        return _job is not null && _ring.TryFind(_job.Variants.Get(_job, _variant).WireId, out work);
    }

    /// <summary>The first worker is there: what its owner wrote counts, else what it had last, as soon as that is known.</summary>
    protected void BeginDifficulty(Difficulty? inName, ReadOnlySpan<byte> password, Now now)
    {
        Difficulty.AskAtLogin(inName, password, now.MonotonicMs);
        _memory.Begin(Pool.LastDifficulties, Workers.First, Difficulty, now);
    }

    /// <summary>Sends the first work, if there is any.</summary>
    protected void BeginWork(FrameBuffer output, Now now)
    {
        if (_job is null && Pool.CurrentJob is { IsRetired: false } job) Send(job, variant: 0, clean: true, output, now);
    }

    /// <summary>Sends work of the wanted difficulty where that is another than the one in hand.</summary>
    protected void FollowDifficulty(FrameBuffer output, Now now)
    {
        if (_job is null || ReferenceEquals(_toldFor, Difficulty.Wanted)) return;
        if (now.MonotonicMs - _changedMs < ChangeMinMs) return;

        var isSame = Pool.Difficulties.ClampTo(Difficulty.Wanted, _job.BlockTarget).Difficulty == _told?.Difficulty;
        if (isSame) _toldFor = Difficulty.Wanted;
        else if (SendNewVariant(output, now)) _changedMs = now.MonotonicMs;
    }

    /// <summary>Notes that work is handed out; the caller tells the client.</summary>
    protected Assignment Assign(Job job, ushort variant, Now now)
    {
        if (_told is null) Difficulty.Begin(now.MonotonicMs);
        var difficulty = Pool.Difficulties.ClampTo(Difficulty.Wanted, job.BlockTarget);
        var work = new Assignment(job.Variants.Get(job, variant), difficulty, VersionMask: 0, now.MonotonicMs, Extranonce1);
        _ring.Add(work);
        _job = job;
        _variant = variant;
        _told = difficulty;
        _toldFor = Difficulty.Wanted;
        return work;
    }

    /// <summary>Writes the connection's blob of some work, the nonce as zeros.</summary>
    protected ReadOnlySpan<byte> WriteBlob(in Assignment work, Span<byte> room)
    {
        var blob = work.Work.Blob!;
        blob.Write(Extranonce1, room[..blob.Size]);
        return room[..blob.Size];
    }

    private void Remember(Now now)
    {
        if (Workers.Count > 0) _memory.Save(Pool.LastDifficulties, Workers.First, Difficulty, _hasShares, now);
    }

    private bool SendNewVariant(FrameBuffer output, Now now)
    {
        if (_job is null || _job.IsRetired || _variant + 1 >= JobVariants.VariantsMax) return false;

        Send(_job, (ushort)(_variant + 1), clean: false, output, now);
        return true;
    }

    private void Send(Job job, ushort variant, bool clean, FrameBuffer output, Now now)
    {
        var before = _told?.Difficulty;
        var work = Assign(job, variant, now);
        WriteWork(work, clean, work.Difficulty.Difficulty != before, output);
    }
}
