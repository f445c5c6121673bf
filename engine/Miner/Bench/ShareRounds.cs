using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;

namespace Viddhana.Miner.Bench;

/// <summary>
/// Rounds of new shares through the processor. Every so many a new tip empties the filter: it is not to grow without end.
/// </summary>
internal sealed class ShareRounds
{
    /// <summary>Shares of one tip.</summary>
    public const int SharesPerTip = 1 << 16;

    private readonly BenchPool _pool = new();
    private readonly Worker _worker = new("account.rig"u8.ToArray());
    private readonly DuplicateFilter _filter = new(hashesAtStart: SharesPerTip);
    private readonly ShareProcessor _processor;
    private readonly Round _round;
    private readonly ShareDifficulty _difficulty;
    private readonly int _size;
    private uint _number;
    private JobVariant _work;

    public ShareRounds(IPowAlgorithm pow, int size)
    {
        _size = size;
        _difficulty = _pool.Easiest;
        _round = new Round(size);
        _processor = new ShareProcessor(pow, _filter);
        _work = _pool.Job.Variants.Get(_pool.Job, 0);
    }

    /// <summary>Validates one round.</summary>
    public int Validate()
    {
        if (_number >= SharesPerTip)
        {
            _number = 0;
            _work = _pool.NewTip().Variants.Get(_pool.Job, 0);
        }

        _round.Clear();
        for (var i = 0; i < _size; i++)
        {
            ref var pending = ref _round.Add();
            var number = _number++;
            pending.Share.JobId = _work.WireId;
            pending.Share.Extranonce2 = number;
            pending.Share.Extranonce2Size = 8;
            pending.Share.Ntime = _work.Job.CurTime;
            pending.Share.Nonce = number * 2_654_435_761;
            pending.Work = new Assignment(_work, _difficulty, 0, BenchPool.Now.MonotonicMs);
            pending.Extranonce1 = 0x0040000a;
            pending.Worker = _worker;
            pending.Session = _worker;
        }

        _processor.Process(_round, BenchPool.Now);
        return (int)_round.Verdicts[^1];
    }
}

/// <summary>Bare comparisons and look-ups.</summary>
internal sealed class HashSets
{
    public const int Count = 64;

    private readonly UInt256[] _hashes = new UInt256[Count];
    private readonly UInt256 _target = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 1UL << 62);
    private readonly DuplicateFilter _filter = new(hashesAtStart: ShareRounds.SharesPerTip);
    private readonly BenchPool _pool = new();
    private ulong _number;

    public HashSets()
    {
        var random = new Random(1);
        for (var i = 0; i < Count; i++)
        {
            _hashes[i] = new UInt256(
                (ulong)random.NextInt64(), (ulong)random.NextInt64(), (ulong)random.NextInt64(), (ulong)random.NextInt64());
        }
    }

    /// <summary>Compares each hash with a target.</summary>
    public int Compare()
    {
        var met = 0;
        foreach (var hash in _hashes)
        {
            if (hash <= _target) met++;
        }

        return met;
    }

    /// <summary>Looks up hashes that were never seen.</summary>
    public int SeeNew()
    {
        if (_number % ShareRounds.SharesPerTip == 0) _pool.NewTip();
        var first = 0;
        for (var i = 0; i < Count; i++)
        {
            var number = ++_number;
            var hash = new UInt256(number * 0x9e3779b97f4a7c15, number * 0xc2b2ae3d27d4eb4f, number, 0);
            if (_filter.See(_pool.Job, hash) == Sighting.First) first++;
        }

        return first;
    }

    /// <summary>Looks up hashes that were seen.</summary>
    public int SeeAgain()
    {
        var again = 0;
        foreach (var hash in _hashes)
        {
            if (_filter.See(_pool.Job, hash) == Sighting.Again) again++;
        }

        return again;
    }
}
