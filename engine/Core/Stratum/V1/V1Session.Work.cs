using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>What the session hands out: jobs, difficulties, version masks.</summary>
public sealed partial class V1Session
{
    // Between two changes of difficulty that do not come with a new job anyway.
    private const long ChangeMinMs = 2_000;

    private const string TooLarge = "The coinbase is too large for this device";

    private Job? _job;
    private ShareDifficulty? _told;
    private ShareDifficulty? _toldFor;
    private long _sentMs;
    private long _changedMs = long.MinValue / 2;
    private uint _clientMask;
    private uint _toldMask;
    private ushort _variant;
    private bool _hasVersionRolling;
    private int _coinbaseMax;

    /// <inheritdoc/>
    public void OnJob(Job job, FrameBuffer output, Now now)
    {
        if (!IsMining || job.IsRetired) return;

        // A client that logged in between publication and this call has it already.
        if (_job is null) BeginWork(job, output, now);
        else if (job.Serial > _job.Serial)
            Send(job, variant: 0, clean: job.IsNewTip || job.Tip != _job.Tip || _mustClean, output, now);
    }

    // A session that was resumed had work of the same extranonce1: what it gets now must be other work.
    private void BeginWork(Job? job, FrameBuffer output, Now now)
    {
        if (job is not { IsRetired: false } || job.Serial < _resumed?.Job.Serial) return;

        var variant = ReferenceEquals(job, _resumed?.Job) ? _resumed.Variant + 1 : 0;
        if (variant < JobVariants.VariantsMax) Send(job, (ushort)variant, clean: true, output, now);
    }

    private void KeepBusy(FrameBuffer output, Now now)
    {
        _memory.OnTick(_pool.LastDifficulties, _workers.First, _difficulty, now);
        _difficulty.OnTick(now.MonotonicMs);
        FollowDifficulty(output, now);
        if (now.MonotonicMs - _sentMs >= _pool.KeepAliveMs) SendNewVariant(output, now);
        if (_memory.IsDue(_pool.LastDifficulties, now)) Remember(now);
    }

    // A difficulty belongs to work that is handed out, so a new one needs new work under a new id: some firmware repeats its nonces
    // otherwise, and some ignores an id it has seen.
    private void FollowDifficulty(FrameBuffer output, Now now)
    {
        if (_job is null || ReferenceEquals(_toldFor, _difficulty.Wanted)) return;
        if (now.MonotonicMs - _changedMs < ChangeMinMs) return;

        var isSame = _pool.Difficulties.ClampTo(_difficulty.Wanted, _job.BlockTarget).Difficulty == _told?.Difficulty;
        if (isSame) _toldFor = _difficulty.Wanted;
        else if (SendNewVariant(output, now)) _changedMs = now.MonotonicMs;
    }

    private bool SendNewVariant(FrameBuffer output, Now now)
    {
        if (_job is null || _job.IsRetired || _variant + 1 >= JobVariants.VariantsMax) return false;

        Send(_job, (ushort)(_variant + 1), _mustClean, output, now);
        return true;
    }

    private void Send(Job job, ushort variant, bool clean, FrameBuffer output, Now now)
    {
        if (job.Variants.Get(job, variant, _coinbaseMax) is not { } work)
        {
            // What it would compute of a coinbase that it cannot hold is worth nothing: better elsewhere than in vain.
            Close(TooLarge);
            return;
        }

        if (_told is null) _difficulty.Begin(now.MonotonicMs);
        var difficulty = _pool.Difficulties.ClampTo(_difficulty.Wanted, job.BlockTarget);
        if (difficulty.Difficulty != _told?.Difficulty)
        {
            V1Writer.SetDifficulty(output, difficulty.Difficulty);
            Remember(now);
        }

        var mask = _hasVersionRolling ? _clientMask & job.VersionMask : 0;
        if (mask != _toldMask) V1Writer.SetVersionMask(output, mask);

        output.Write(clean ? work.NotifyClean : work.Notify);
        _ring.Add(new Assignment(work, difficulty, mask, now.MonotonicMs, Extranonce1));
        _job = job;
        _variant = variant;
        _told = difficulty;
        _toldFor = _difficulty.Wanted;
        _toldMask = mask;
        _sentMs = now.MonotonicMs;
        _mustClean = false;
        _resumed = null;
    }
}
