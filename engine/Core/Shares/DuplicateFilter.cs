using System.Numerics;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Shares;

/// <summary>What the filter says of a hash.</summary>
public enum Sighting : byte
{
    /// <summary>Never seen on this tip; remembered from now on.</summary>
    First,

    /// <summary>Seen before on this tip.</summary>
    Again,

    /// <summary>Unknown, and no room to remember it: it must not be credited.</summary>
    Full,

    /// <summary>The tip of the hash has been replaced.</summary>
    OldTip,
}

/// <summary>
/// Remembers every credited header hash of the current tip, exactly: 32 bytes compared to 32 bytes. One filter per pool, shared by all its
/// loops. It never forgets a hash while the tip lasts: near its limit it asks for new work, at its limit it refuses. A tip here is
/// <see cref="Job.Tip"/>; the first hash of a later tip empties the filter.
/// </summary>
public sealed class DuplicateFilter
{
    /// <summary>Default limit: about four million shares per tip, at most 400 MB.</summary>
    public const int DefaultHashesMax = 1 << 22;

    private const int StripesCount = 64;

    private readonly Stripe[] _stripes = new Stripe[StripesCount];
    private readonly Lock _advancing = new();
    private readonly ulong _seed0;
    private readonly ulong _seed1;
    private uint _tip;
    private Job? _crowdedBy;

    /// <param name="hashesMax">Most hashes of one tip. Spread over 64 stripes, each of which has its share of the limit.</param>
    /// <param name="hashesAtStart">Room to begin with; beyond it, memory grows by doubling, a stripe at a time, and is kept.</param>
    /// <param name="seed0">Chance, so that nobody can grind hashes that crowd one place.</param>
    /// <param name="seed1">More of it.</param>
    public DuplicateFilter(int hashesMax = DefaultHashesMax, int hashesAtStart = 1 << 12, ulong seed0 = 0, ulong seed1 = 0)
    {
        Check.That(hashesMax >= StripesCount && hashesAtStart <= hashesMax);
        _seed0 = seed0;
        _seed1 = seed1;
        for (var i = 0; i < StripesCount; i++)
        {
            _stripes[i] = new Stripe(this, hashesMax / StripesCount, (hashesAtStart + StripesCount - 1) / StripesCount);
        }
    }

    /// <summary>
    /// True while a stripe is at seven eighths of its limit: the pool must send new work that retires the work in hand
    /// (<see cref="JobStore.Next"/> with <c>forceNewTip</c>). False again as soon as that is published, so that it is asked for once.
    /// </summary>
    public bool NeedsNewWork => Volatile.Read(ref _crowdedBy) is { IsRetired: false };

    /// <summary>Asks for a hash found on a job, and remembers it for the job's tip. Allocates only when a stripe grows.</summary>
    public Sighting See(Job job, UInt256 hash)
    {
        var sighting = See(job.Tip, hash, out var isNearlyFull);
        if (isNearlyFull) Volatile.Write(ref _crowdedBy, job);
        return sighting;
    }

    private Sighting See(uint tip, UInt256 hash, out bool isNearlyFull)
    {
        isNearlyFull = false;
        if (tip > Volatile.Read(ref _tip)) AdvanceTo(tip);

        var place = PlaceOf(hash);
        var stripe = _stripes[place % StripesCount];
        lock (stripe.Lock)
        {
            if (stripe.Tip != tip) return Sighting.OldTip;

            var sighting = stripe.See(hash, place);
            isNearlyFull = stripe.IsNearlyFull;
            return sighting;
        }
    }

    // The low bits of a proof-of-work hash are random; mixed with the seeds so that a miner cannot choose their place.
    private ulong PlaceOf(UInt256 hash) => Math.BigMul(hash.L0 ^ _seed0, hash.L1 ^ _seed1, out var low) ^ low;

    // The tip is made known last: until then nobody looks for a hash of the new tip in a stripe of the old one.
    private void AdvanceTo(uint tip)
    {
        lock (_advancing)
        {
            if (tip <= _tip) return;

            foreach (var stripe in _stripes)
            {
                lock (stripe.Lock) stripe.Begin(tip);
            }

            Volatile.Write(ref _tip, tip);
        }
    }

    /// <summary>A part of the set: open addressing, each slot marked with the tip it was filled for, so that emptying is free.</summary>
    private sealed class Stripe(DuplicateFilter filter, int hashesMax, int hashesAtStart)
    {
        private UInt256[] _hashes = new UInt256[SlotsFor(hashesAtStart)];
        private uint[] _tips = new uint[SlotsFor(hashesAtStart)];
        private int _count;

        public Lock Lock { get; } = new();

        public uint Tip { get; private set; }

        public bool IsNearlyFull => _count >= hashesMax - (hashesMax / 8);

        public void Begin(uint tip)
        {
            Tip = tip;
            _count = 0;
        }

        public Sighting See(UInt256 hash, ulong place)
        {
            var slot = Find(hash, place);
            if (_tips[slot] == Tip) return Sighting.Again;
            if (_count >= hashesMax) return Sighting.Full;

            Put(slot, hash);
            _count++;
            if (_count * 4L > _hashes.Length * 3L) Grow();
            return Sighting.First;
        }

        // The slot that holds the hash, or the free one where it belongs. There is always a free one.
        private int Find(UInt256 hash, ulong place)
        {
            var mask = _hashes.Length - 1;
            var slot = (int)(place / StripesCount) & mask;
            while (_tips[slot] == Tip && _hashes[slot] != hash) slot = (slot + 1) & mask;
            return slot;
        }

        private void Put(int slot, UInt256 hash)
        {
            _hashes[slot] = hash;
            _tips[slot] = Tip;
        }

        private void Grow()
        {
            var (hashes, tips) = (_hashes, _tips);
            _hashes = new UInt256[hashes.Length * 2];
            _tips = new uint[tips.Length * 2];
            for (var i = 0; i < hashes.Length; i++)
            {
                if (tips[i] == Tip) Put(Find(hashes[i], filter.PlaceOf(hashes[i])), hashes[i]);
            }
        }

        private static int SlotsFor(int hashes) => (int)BitOperations.RoundUpToPowerOf2((uint)((hashes * 4 / 3) + 2));
    }
}
