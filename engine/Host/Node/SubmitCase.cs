using System.Text;
using Viddhana.Contracts;

namespace Viddhana.Engine.Node;

/// <summary>One candidate while it is submitted: who has still to speak, and the best that was said. Safe from several threads.</summary>
/// <param name="candidate">The candidate.</param>
/// <param name="path">Its file; null when it could not be written.</param>
/// <param name="nodes">How many nodes are asked.</param>
internal sealed class SubmitCase(BlockCandidate candidate, string? path, int nodes)
{
    private const int ReasonMax = 255;

    private readonly Lock _lock = new();
    private byte[]? _hex = candidate.BlockHex;
    private int _toSpeak = nodes;
    private int _toTry = nodes;
    private SubmitVerdict _best;
    private string _bestNode = "";
    private SubmitOutcome _told;

    /// <summary>What was found.</summary>
    public BlockFound Found { get; } = candidate.Found;

    /// <summary>Its file; null when it could not be written.</summary>
    public string? Path { get; } = path;

    /// <summary>The block; null when its file was taken away.</summary>
    public ReadOnlyMemory<byte>? Hex() => Volatile.Read(ref _hex) ?? CandidateStore.ReadHex(Path!);

    /// <summary>A node has been tried once. After all have, a block that waits for a dead node does not take up memory.</summary>
    public void Tried()
    {
        if (Interlocked.Decrement(ref _toTry) == 0 && Path is not null) Volatile.Write(ref _hex, null);
    }

    /// <summary>A node spoke its last word. True when it was the last node.</summary>
    public bool Spoke(SubmitVerdict verdict, string node)
    {
        lock (_lock)
        {
            if (verdict.Outcome > _best.Outcome) (_best, _bestNode) = (verdict, node);
            return --_toSpeak == 0;
        }
    }

    /// <summary>The best word so far, if it is better than what was told before; it counts as told then.</summary>
    public BlockVerdict? Untold()
    {
        lock (_lock)
        {
            if (_best.Outcome <= _told) return null;
            _told = _best.Outcome;
            return Best();
        }
    }

    /// <summary>The best word so far.</summary>
    public BlockVerdict Best()
    {
        lock (_lock)
        {
            return new BlockVerdict(Found.Hash, _best.Outcome >= SubmitOutcome.Stored, Cut(_best.Reason ?? ""), _bestNode);
        }
    }

    private static string Cut(string reason)
    {
        while (Encoding.UTF8.GetByteCount(reason) > ReasonMax) reason = reason[..^1];
        return reason;
    }
}
