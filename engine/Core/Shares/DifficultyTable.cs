using System.Collections.Concurrent;
using System.Numerics;
using Viddhana.Core.Bytes;

namespace Viddhana.Core.Shares;

/// <summary>
/// Difficulties of one pool with their exact targets. Interned, so that sessions share them; bounded, so that odd values asked for by
/// miners cannot fill memory. Safe to use from several threads.
/// </summary>
public sealed class DifficultyTable
{
    /// <summary>Most values that are kept. Later ones are made anew at each call; nothing else changes.</summary>
    public const int ValuesMax = 4096;

    private readonly ConcurrentDictionary<Difficulty, ShareDifficulty> _values = new();
    private readonly UInt256 _difficulty1Target;
    private int _count;

    /// <param name="difficulty1Target">
    /// Target of difficulty 1; at least 2^256 / 10^10, so that some difficulty reaches any block target.
    /// </param>
    public DifficultyTable(UInt256 difficulty1Target)
    {
        Check.That(difficulty1Target.ToBigInteger() * BigInteger.Pow(10, 10) >= BigInteger.One << 256);
        _difficulty1Target = difficulty1Target;
    }

    /// <summary>The difficulty with target floor(difficulty-1 target / difficulty), at most 2^256 - 1, and its work.</summary>
    public ShareDifficulty Get(Difficulty difficulty)
    {
        if (_values.TryGetValue(difficulty, out var known)) return known;

        Check.That(difficulty >= Difficulty.Min && difficulty <= Difficulty.Max);
        var made = Make(difficulty);
        if (Volatile.Read(ref _count) >= ValuesMax) return made;
        if (_values.TryAdd(difficulty, made)) Interlocked.Increment(ref _count);
        return _values[difficulty];
    }

    /// <summary>
    /// <paramref name="wanted"/> itself unless its target is harder than the block target: a block must never be refused as a share. Then
    /// the largest value of vardiff's set whose target is at least the block target.
    /// </summary>
    public ShareDifficulty ClampTo(ShareDifficulty wanted, UInt256 blockTarget)
    {
        if (wanted.Target >= blockTarget) return wanted;

        // The wanted target lies below the block target, so this ratio lies below wanted and within range.
        var ratio = FloorOfRatio(blockTarget);
        return Get(ratio);
    }

    // The largest d of vardiff's set with floor(target1 / d) >= block, which for d = n is n <= target1 / block.
    private Difficulty FloorOfRatio(UInt256 blockTarget)
    {
        var difficulty1 = _difficulty1Target.ToBigInteger();
        var block = blockTarget.ToBigInteger();
        var whole = difficulty1 / block;
        if (whole >= 1) return Difficulty.FromInteger((long)BigInteger.Min(whole, 1L << 31)).RoundDown();

        for (var n = 1; n <= 33; n++)
        {
            if (difficulty1 << n >= block) return Difficulty.FromPowerOfHalf(n);
        }

        return Difficulty.Min;
    }

    private ShareDifficulty Make(Difficulty difficulty)
    {
        var target = Targets.Scale(_difficulty1Target, difficulty.Denominator, difficulty.Numerator);
        return new ShareDifficulty(difficulty, target, checked((ulong)Targets.Work(target)));
    }
}
