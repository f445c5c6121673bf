using System.Buffers.Binary;
using System.Text;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum;

/// <summary>
/// What sessions of the dialects have in common that hand out <see cref="BlobWork"/>: lines to requests, submissions to rounds, verdicts to
/// answers, and which work with which difficulty is sent when. What is said, and how, is the dialect's. Lines that are no JSON object close
/// the connection. The length of a line, messages per second, time until login and silence are the caller's to bound.
/// </summary>
internal abstract class BlobSession : ISession
{
    // About a second each: another engine's word comes within one or two.
    private const int RecallTicks = 5;

    // Between two changes of difficulty that do not come with a new job anyway.
    private const long ChangeMinMs = 2_000;

    private V1RequestIds _ids;
    private AssignmentRing _ring;
    private int _outstanding;
    private Job? _job;
    private ShareDifficulty? _told;
    private ShareDifficulty? _toldFor;
    private long _changedMs = long.MinValue / 2;
    private long _rememberedMs;
    private byte _recallTicks;
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
    public bool IsPaused { get; private set; }

    /// <inheritdoc/>
    public abstract bool IsMining { get; }

    /// <inheritdoc/>
    public string? CloseReason { get; private set; }

    protected SessionPool Pool { get; }

    protected SessionDifficulty Difficulty { get; }

    protected SessionWorkers Workers { get; } = new();

    /// <inheritdoc/>
    public bool HasWorker(ReadOnlySpan<byte> name) => Workers.Has(name);

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
            WriteVerdict(output, _ids.Text(pending.RequestRef, scratch), verdict);
            _ids.Release(pending.RequestRef);
        }

        // As in V1: work that came late or could not be recorded says as much of the miner as other work.
        if (verdict is not (ShareResult.Accepted or ShareResult.SolvesBlock or ShareResult.Stale or ShareResult.Unavailable)) return;

        _hasShares = true;
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

        Recall(now);
        Difficulty.OnTick(now.MonotonicMs);
        FollowDifficulty(output, now);
        if (Pool.LastDifficulties.KeepMs > 0 && now.MonotonicMs - _rememberedMs >= Pool.LastDifficulties.KeepMs / 2) Remember(now);
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

    /// <summary>Reads a submission. Null: the validator decides.</summary>
    /// <param name="message">The message.</param>
    /// <param name="line">Its whole line.</param>
    /// <param name="pending">Share, work and worker to be filled.</param>
    protected abstract ShareResult? ReadSubmission(in V1Reader message, ReadOnlySpan<byte> line, ref Pending pending);

    /// <summary>Answers a request at once.</summary>
    protected abstract void OnRequest(in V1Reader message, ReadOnlySpan<byte> line, FrameBuffer output, Now now);

    /// <summary>Answers a submission. Allocates nothing.</summary>
    protected abstract void WriteVerdict(FrameBuffer output, ReadOnlySpan<byte> id, ShareResult verdict);

    /// <summary>Tells the client its new work.</summary>
    /// <param name="work">What it is judged by from now on.</param>
    /// <param name="clean">True: all earlier work is dead.</param>
    /// <param name="isNewDifficulty">True when the difficulty is another than that of the work before.</param>
    /// <param name="output">Where to.</param>
    protected abstract void WriteWork(in Assignment work, bool clean, bool isNewDifficulty, FrameBuffer output);

    /// <summary>The reason of a close, told where the line may be a miner's.</summary>
    protected abstract void WriteMalformed(FrameBuffer output);

    /// <summary>True when a request wants an answer.</summary>
    protected static bool IsAnswered(in V1Reader request) => request.Id.Kind is V1Kind.Number or V1Kind.String;

    protected void Close(string reason) => CloseReason ??= reason;

    /// <summary>Looks up what the client was handed under a job id.</summary>
    protected bool TryFind(ulong wireId, out Assignment work) => _ring.TryFind(wireId, out work);

    /// <summary>The work in hand: what a client is told that asks for it once more.</summary>
    protected bool TryFindCurrent(out Assignment work)
    {
        work = default;
        return _job is not null && _ring.TryFind(_job.Variants.Get(_job, _variant).WireId, out work);
    }

    /// <summary>The first worker is there: its last difficulty counts, as soon as it is known, unless its owner chose one.</summary>
    protected void BeginRecall(Now now)
    {
        if (Pool.LastDifficulties.KeepMs == 0) return;

        _rememberedMs = now.MonotonicMs;
        _recallTicks = RecallTicks;
        Recall(now);
        if (_recallTicks > 0) Pool.LastDifficulties.Ask(Workers.First);
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

    private void Recall(Now now)
    {
        if (_recallTicks == 0) return;

        _recallTicks--;
        if (!Pool.LastDifficulties.TryGet(Workers.First, now, out var last)) return;

        _recallTicks = 0;
        Difficulty.Recall(last, now.MonotonicMs);
    }

    private void Remember(Now now)
    {
        if (Workers.Count == 0 || !Difficulty.IsMeasured(_hasShares)) return;

        _rememberedMs = now.MonotonicMs;
        Pool.LastDifficulties.Set(Workers.First, Difficulty.Wanted.Difficulty, now);
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
        if (isMessage && IsSubmission(message)) return TrySubmit(message, line, round);
        if (_outstanding > 0) return false;

        if (isMessage) OnRequest(message, line, output, now);
        else Refuse(line, output);
        return true;
    }

    private void Refuse(ReadOnlySpan<byte> line, FrameBuffer output)
    {
        if (line[0] == '{') WriteMalformed(output);
        Close("malformed message");
    }

    private static bool HasGoodId(in V1Reader message) => message.Id.Kind switch
    {
        V1Kind.Missing or V1Kind.Null => true,
        V1Kind.Number or V1Kind.String => message.RawId.Length <= V1RequestIds.IdMax,
        _ => false,
    };

    private bool TrySubmit(in V1Reader message, ReadOnlySpan<byte> line, Round round)
    {
        if (round.IsFull) return false;

        var reference = V1RequestIds.None;
        if (IsAnswered(message) && !_ids.TryKeep(message.RawId, out reference)) return false;

        _outstanding++;
        ref var pending = ref round.Add();
        pending.Session = this;
        pending.RequestRef = reference;
        pending.Extranonce1 = BinaryPrimitives.ReverseEndianness(Extranonce1);
        pending.Verdict = ReadSubmission(message, line, ref pending);
        return true;
    }
}
