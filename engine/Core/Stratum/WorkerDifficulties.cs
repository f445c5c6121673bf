using System.Buffers.Binary;
using Viddhana.Contracts;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>The difficulty a worker had last.</summary>
/// <param name="Worker">Whose: the first 16 bytes of the SHA-256 of the worker's full name, big-endian.</param>
/// <param name="Value">What was measured.</param>
/// <param name="AtMs">When, Unix milliseconds.</param>
public readonly record struct LastDifficulty(UInt128 Worker, Difficulty Value, long AtMs);

/// <summary>
/// What the workers of a pool had last, so that one that comes again starts there. Of fixed size, however many names there are: a place is
/// one of four that a name's hash chooses, and the oldest of them is given up. Only what was measured comes in here, so filling it takes
/// work. Safe from several loops at once.
/// </summary>
public sealed class WorkerDifficulties
{
    /// <summary>Questions that may wait for other engines' answers; more are not asked.</summary>
    public const int AskedMax = 4096;

    private const int Ways = 4;
    private const int SweepMax = 4096;

    private readonly Lock _lock = new();
    private readonly long _keepMs;
    private readonly int _mask;
    private readonly UInt128[] _asked;
    private Place[] _places = [];
    private int _askedCount;
    private int _changedCount;
    private int _swept;

    /// <summary>Prepares; memory is taken with the first worker.</summary>
    /// <param name="keepMs">Age at which a value counts no more; 0: nothing is remembered.</param>
    /// <param name="count">Workers remembered, 48 bytes each; taken as the next power of two.</param>
    /// <param name="isShared">Somebody brings what other engines know (<see cref="TakeAsked"/>, <see cref="Learn"/>).</param>
    public WorkerDifficulties(long keepMs, int count, bool isShared = false)
    {
        _keepMs = count == 0 ? 0 : keepMs;
        _mask = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, Ways)) - 1;
        _asked = isShared && _keepMs > 0 ? new UInt128[AskedMax] : [];
    }

    /// <summary>Milliseconds a value counts.</summary>
    public long KeepMs => _keepMs;

    /// <summary>True where other engines may know what this one does not.</summary>
    public bool IsShared => _asked.Length > 0;

    /// <summary>What the worker had last, if that is not too long ago.</summary>
    public bool TryGet(Worker worker, Now now, out Difficulty value)
    {
        value = default;
        if (_places.Length == 0) return false;

        var key = KeyOf(worker.NameBytes);
        LastDifficulty last;
        lock (_lock) last = Find(key).Last;

        // Also a clock that another engine has ahead of ours makes no value young for ever.
        value = last.Value;
        return last.Worker == key && Math.Abs(now.UtcMs - last.AtMs) < _keepMs;
    }

    /// <summary>Has other engines asked about the worker; what they know is there a little later, or never.</summary>
    public void Ask(Worker worker)
    {
        if (!IsShared) return;

        var key = KeyOf(worker.NameBytes);
        lock (_lock)
        {
            if (_askedCount < AskedMax) _asked[_askedCount++] = key;
        }
    }

    /// <summary>Remembers what was measured of a worker.</summary>
    public void Set(Worker worker, Difficulty value, Now now)
    {
        if (_keepMs == 0) return;

        var key = KeyOf(worker.NameBytes);
        lock (_lock) Put(new LastDifficulty(key, value, now.UtcMs), isChanged: true);
    }

    /// <summary>Takes in what another engine knows, unless it is older than what is known here.</summary>
    public void Learn(in LastDifficulty last)
    {
        if (_keepMs == 0) return;
        lock (_lock) Put(last, isChanged: false);
    }

    /// <summary>Moves out the workers that were asked about; returns how many.</summary>
    public int TakeAsked(Span<UInt128> workers)
    {
        lock (_lock)
        {
            var count = Math.Min(workers.Length, _askedCount);
            _asked.AsSpan(0, count).CopyTo(workers);
            _asked.AsSpan(count, _askedCount - count).CopyTo(_asked);
            _askedCount -= count;
            return count;
        }
    }

    /// <summary>True while there are values that were set here and not taken yet.</summary>
    public bool HasChanged => Volatile.Read(ref _changedCount) > 0;

    /// <summary>
    /// Copies some of them; returns how many. It looks at a part of the places only, so that no login waits long: call it until
    /// <see cref="HasChanged"/> is false.
    /// </summary>
    public int TakeChanged(Span<LastDifficulty> values)
    {
        lock (_lock)
        {
            var count = 0;
            for (var left = SweepMax; left > 0 && _changedCount > 0 && count < values.Length; left--, _swept = (_swept + 1) & _mask)
            {
                ref var place = ref _places[_swept];
                if (!place.IsChanged) continue;

                Mark(ref place, isChanged: false);
                values[count++] = place.Last;
            }

            return count;
        }
    }

    /// <summary>Values that could not be brought to where they should go: they are taken again, unless there are newer ones.</summary>
    public void GiveBack(ReadOnlySpan<LastDifficulty> values)
    {
        lock (_lock)
        {
            foreach (ref readonly var value in values) Put(value, isChanged: true);
        }
    }

    private static UInt128 KeyOf(ReadOnlySpan<byte> name)
    {
        Span<byte> digest = stackalloc byte[Sha256.Size];
        Sha256.Hash(name, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private void Put(in LastDifficulty last, bool isChanged)
    {
        if (_places.Length == 0) _places = new Place[_mask + 1];

        ref var place = ref Find(last.Worker);
        if (place.Last.Worker == last.Worker && place.Last.AtMs > last.AtMs) return;

        place.Last = last;
        Mark(ref place, isChanged);
    }

    private void Mark(ref Place place, bool isChanged)
    {
        _changedCount += (isChanged ? 1 : 0) - (place.IsChanged ? 1 : 0);
        place.IsChanged = isChanged;
    }

    // The worker's own place, or the one of its four that was set longest ago.
    private ref Place Find(UInt128 worker)
    {
        var first = (int)(uint)worker & _mask & ~(Ways - 1);
        var oldest = first;
        for (var at = first; at < first + Ways; at++)
        {
            if (_places[at].Last.Worker == worker) return ref _places[at];
            if (_places[at].Last.AtMs < _places[oldest].Last.AtMs) oldest = at;
        }

        return ref _places[oldest];
    }

    private struct Place
    {
        public LastDifficulty Last;
        public bool IsChanged;
    }
}
