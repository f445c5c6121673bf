using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Stratum.V1;

/// <summary>What outlasts the connection: its session id and extranonce1, what it was sent, the difficulty its worker had last.</summary>
public sealed partial class V1Session
{
    private ParkedSession? _resumed;
    private ulong _sessionId;
    private WorkerMemory _memory;
    private bool _followsExtranonce;
    private bool _mustClean;
    private bool _hasShares;

    // Others break on it, or show it to nobody.
    private bool ShowsMessages =>
        UserAgent.StartsWith("cgminer", StringComparison.OrdinalIgnoreCase)
        || UserAgent.StartsWith("sgminer", StringComparison.OrdinalIgnoreCase)
        || UserAgent.StartsWith("bfgminer", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public bool OnClosed(Now now)
    {
        Remember(now);

        // Only one that has found shares: whoever wants to take the places of others must work for it. One that was resumed and got no work
        // yet is still what it was.
        if (!_hasShares || _pool.Parked is not { } parked) return false;
        if (_resumed is { } before)
            return parked.TryPark(new ParkedSession(_sessionId, Extranonce1, _ring, before.Job, before.Variant, now.MonotonicMs));

        return _job is not null && parked.TryPark(new ParkedSession(_sessionId, Extranonce1, _ring, _job, _variant, now.MonotonicMs));
    }

    /// <inheritdoc/>
    public bool TryRenumber(FrameBuffer output, Now now)
    {
        if (!_followsExtranonce || !_isSubscribed || _pool.Numbers?.Take() is not { } fresh) return false;

        // Work of the old number stays what it is: the ring knows with which number each piece was sent.
        _pool.Numbers.Return(Extranonce1);
        Extranonce1 = fresh;
        _mustClean = true;
        V1Writer.SetExtranonce(output, fresh, _pool.Extranonce2Size);
        SendNewVariant(output, now);
        return true;
    }

    // NiceHash sends a time here, Braiins null, others what another pool gave them: no reason to refuse them.
    private void Resume(ReadOnlySpan<byte> sessionId, Now now)
    {
        if (_pool.Parked is null || _pool.Numbers is null || sessionId.Length != V1Writer.SessionIdSize) return;
        if (!Hex.TryReadUInt64(sessionId, out var id) || !_pool.Parked.TryTake(id, now.MonotonicMs, out var parked)) return;

        if (CanGoOn(parked))
        {
            _pool.Numbers.Return(Extranonce1);
            Extranonce1 = parked.Extranonce1;
            _ring = parked.Ring;
            _resumed = parked;
            _hasShares = true;
        }
        else
        {
            _pool.Numbers.Return(parked.Extranonce1);
        }
    }

    private bool CanGoOn(ParkedSession parked) =>
        parked.Variant + 1 < JobVariants.VariantsMax || !ReferenceEquals(parked.Job, _pool.CurrentJob);

    private void Remember(Now now)
    {
        if (_workers.Count > 0) _memory.Save(_pool.LastDifficulties, _workers.First, _difficulty, _hasShares, now);
    }
}
