using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
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
/// <see cref="Job.Tip"/>; the first hash of a later tip ends the earlier one. Memory: 32 bytes a hash and 5 to 11 for finding it.
/// </summary>
public sealed class DuplicateFilter
{
    /// <summary>Default limit: about four million shares per tip, at most 165 MB.</summary>
    public const int DefaultHashesMax = 1 << 22;

    private const int StripesCount = 64;

    private readonly Stripe[] _stripes = new Stripe[StripesCount];
    private readonly ulong _seed0;
    private readonly ulong _seed1;
    private uint _tip;
    private Job? _crowdedBy;

    /// <param name="hashesMax">Most hashes of one tip. Spread over 64 stripes, each of which has its share of the limit.</param>
    /// <param name="hashesAtStart">
    /// Room to begin with, and always kept. Memory grows with the hashes, a stripe at a time; what the last tip did not need goes back.
    /// </param>
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

    /// <summary>Bytes that the filter holds at present, for tests and gauges; a little behind while others add hashes.</summary>
    public long Bytes => _stripes.Sum(stripe => stripe.Bytes);

    /// <summary>Asks for a hash found on a job, and remembers it for the job's tip. Allocates only when a stripe grows.</summary>
    public Sighting See(Job job, in UInt256 hash)
    {
        var tip = job.Tip;
        if (tip > Volatile.Read(ref _tip)) AdvanceTo(tip);

        var place = PlaceOf(hash);
        var stripe = StripeOf(place);
        Sighting sighting;
        bool isNearlyFull;
        lock (stripe.Lock)
        {
            // A hash always meets the same stripe, so it is enough that no stripe goes back to an earlier tip.
            if (tip < stripe.Tip || tip < Volatile.Read(ref _tip)) return Sighting.OldTip;
            if (tip > stripe.Tip) stripe.Begin(tip);

            sighting = stripe.See(hash, place);
            isNearlyFull = stripe.IsNearlyFull;
        }

        if (isNearlyFull) Volatile.Write(ref _crowdedBy, job);
        return sighting;
    }

    /// <summary>A hint that <see cref="See"/> will be called with this hash soon: its place is brought into the cache meanwhile.</summary>
    internal void Expect(in UInt256 hash)
    {
        var place = PlaceOf(hash);
        StripeOf(place).Expect(place);
    }

    private Stripe StripeOf(ulong place) => _stripes[place % StripesCount];

    // The low bits of a proof-of-work hash are random; mixed with the seeds so that a miner cannot choose their place.
    private ulong PlaceOf(in UInt256 hash) => Math.BigMul(hash.L0 ^ _seed0, hash.L1 ^ _seed1, out var low) ^ low;

    private void AdvanceTo(uint tip)
    {
        for (var known = Volatile.Read(ref _tip); known < tip;)
        {
            var before = Interlocked.CompareExchange(ref _tip, tip, known);
            if (before == known) return;
            known = before;
        }
    }

    /// <summary>
    /// A part of the set. The hashes lie in the order of their arrival; an index by open addressing says where each is. An index entry
    /// holds the number of its hash, from 1, and in the bits above that a part of the hash's place, so that other hashes are seldom
    /// looked at.
    /// </summary>
    private sealed class Stripe
    {
        private const int ChunkSize = 256;

        private readonly DuplicateFilter _filter;
        private readonly int _hashesMax;
        private readonly int _hashesAtStart;
        private readonly uint _numberMask;
        private UInt256[]?[] _chunks;
        private uint[] _index;
        private int _count;

        public Stripe(DuplicateFilter filter, int hashesMax, int hashesAtStart)
        {
            _filter = filter;
            _hashesMax = hashesMax;
            _hashesAtStart = hashesAtStart;
            _numberMask = uint.MaxValue >> BitOperations.LeadingZeroCount((uint)hashesMax);
            _index = new uint[SlotsFor(hashesAtStart)];
            _chunks = new UInt256[]?[ChunksFor(hashesAtStart)];
            for (var i = 0; i < _chunks.Length; i++) _chunks[i] = NewChunk();
        }

        public Lock Lock { get; } = new();

        public uint Tip { get; private set; }

        public bool IsNearlyFull => _count >= _hashesMax - (_hashesMax / 8);

        public long Bytes
        {
            get
            {
                lock (Lock)
                {
                    var chunks = _chunks.Count(chunk => chunk is not null);
                    return (chunks * (long)ChunkSize * Unsafe.SizeOf<UInt256>()) + ((long)_index.Length * sizeof(uint));
                }
            }
        }

        // Room for as many hashes as the last tip had stays; more than that goes back.
        public void Begin(uint tip)
        {
            var keep = Math.Max(_count, _hashesAtStart);
            Tip = tip;
            _count = 0;
            for (var i = ChunksFor(keep); i < _chunks.Length; i++) _chunks[i] = null;
            if (SlotsFor(keep) < _index.Length) _index = new uint[SlotsFor(keep)];
            else Array.Clear(_index);
        }

        public Sighting See(in UInt256 hash, ulong place)
        {
            var tag = TagOf(place);
            var slot = FirstSlot(place);
            for (uint entry; (entry = _index[slot]) != 0; slot = Next(slot))
            {
                if ((entry & ~_numberMask) == tag && HashOf(entry) == hash) return Sighting.Again;
            }

            if (_count >= _hashesMax) return Sighting.Full;

            Put(slot, hash, tag);
            if (_count * 4L > _index.Length * 3L) Grow();
            return Sighting.First;
        }

        // Without the lock: the index may be replaced meanwhile, and then the hint is wasted.
        public unsafe void Expect(ulong place)
        {
            if (!Sse.IsSupported) return;
            var index = _index;

            // Safety: a prefetch reads nothing and never faults, also if the array has been moved.
            fixed (uint* slot = &index[(place / StripesCount) & (ulong)(index.Length - 1)]) Sse.Prefetch0(slot);
        }

        private ref UInt256 HashOf(uint entry)
        {
            var number = (int)(entry & _numberMask) - 1;
            return ref _chunks[number / ChunkSize]![number % ChunkSize];
        }

        private void Put(int slot, in UInt256 hash, uint tag)
        {
            var chunk = _count / ChunkSize;
            if (chunk == _chunks.Length) Array.Resize(ref _chunks, Math.Max(4, chunk * 2));
            (_chunks[chunk] ??= NewChunk())[_count % ChunkSize] = hash;
            _index[slot] = tag | (uint)++_count;
        }

        private void Grow()
        {
            _index = new uint[_index.Length * 2];
            for (var number = 1u; number <= (uint)_count; number++)
            {
                var place = _filter.PlaceOf(HashOf(number));
                var slot = FirstSlot(place);
                while (_index[slot] != 0) slot = Next(slot);
                _index[slot] = TagOf(place) | number;
            }
        }

        // Pinned: a collection does not copy what stays for a whole tip. Its content does not matter.
        private static UInt256[] NewChunk() => GC.AllocateUninitializedArray<UInt256>(ChunkSize, pinned: true);

        // Place: the lowest bits choose the stripe, those above the slot, the highest the tag.
        private int FirstSlot(ulong place) => (int)((place / StripesCount) & (ulong)(_index.Length - 1));

        private int Next(int slot) => (slot + 1) & (_index.Length - 1);

        private uint TagOf(ulong place) => (uint)(place >> 32) & ~_numberMask;

        private static int ChunksFor(int hashes) => (hashes + ChunkSize - 1) / ChunkSize;

        // There is always a free slot.
        private static int SlotsFor(int hashes) => (int)BitOperations.RoundUpToPowerOf2((uint)((hashes * 4L / 3) + 2));
    }
}
