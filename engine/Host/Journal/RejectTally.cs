using System.Diagnostics.CodeAnalysis;
using Viddhana.Contracts;
using Viddhana.Core.Shares;

namespace Viddhana.Engine.Journal;

/// <summary>
/// Refused shares of one pool by worker and reason since they were last written. Bounded: above <see cref="WorkersMax"/> names the rest is
/// counted under an empty name. Not thread-safe; allocates only for a name it has not seen since then.
/// </summary>
internal sealed class RejectTally
{
    /// <summary>Names that are told apart.</summary>
    public const int WorkersMax = 1_000;

    private const int Reasons = 4;
    private readonly Dictionary<byte[], uint[]> _counts = new(NameComparer.Instance);
    private readonly Stack<uint[]> _spare = new();

    /// <summary>True if nothing was refused.</summary>
    public bool IsEmpty => _counts.Count == 0;

    /// <summary>Block target and height of the pool's last round.</summary>
    public (uint Nbits, uint Height) Tip { get; set; }

    /// <summary>When the counts were last written, monotonic milliseconds.</summary>
    public long WrittenMs { get; set; }

    /// <summary>Counts the refused shares of a round.</summary>
    public void Count(Round round)
    {
        var pending = round.Pending;
        var verdicts = round.Verdicts;
        for (var i = 0; i < pending.Length; i++)
        {
            if (pending[i].Worker is { } worker && ReasonOf(verdicts[i]) is { } reason) Count(worker.NameBytes, reason);
        }
    }

    /// <summary>Calls back for every count that is not zero; the index of the name is asked for once per name.</summary>
    public void Write(JournalEntries entries)
    {
        foreach (var (name, counts) in _counts)
            for (var reason = 0; reason < Reasons; reason++)
                if (counts[reason] > 0) entries.AddReject(name, (RejectReason)(reason + 1), counts[reason]);
    }

    /// <summary>Starts anew.</summary>
    public void Clear()
    {
        foreach (var counts in _counts.Values)
        {
            Array.Clear(counts);
            _spare.Push(counts);
        }

        _counts.Clear();
    }

    private void Count(byte[] name, RejectReason reason)
    {
        if (!_counts.TryGetValue(name, out var counts))
        {
            if (_counts.Count >= WorkersMax && name.Length > 0)
            {
                Count([], reason);
                return;
            }

            _counts[name] = counts = _spare.Count > 0 ? _spare.Pop() : new uint[Reasons];
        }

        ref var count = ref counts[(int)reason - 1];
        if (count < uint.MaxValue) count++;
    }

    private static RejectReason? ReasonOf(ShareResult verdict) => verdict switch
    {
        ShareResult.UnknownJob or ShareResult.Stale => RejectReason.Stale,
        ShareResult.Duplicate => RejectReason.Duplicate,
        ShareResult.LowDifficulty => RejectReason.LowDifficulty,
        ShareResult.TimeOutOfRange or ShareResult.VersionNotAllowed or ShareResult.Malformed => RejectReason.Invalid,
        _ => null,
    };

    private sealed class NameComparer : IEqualityComparer<byte[]>
    {
        public static readonly NameComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
