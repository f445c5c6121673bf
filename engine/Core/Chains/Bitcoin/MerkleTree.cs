using Viddhana.Core.Algorithms;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>The merkle tree of a block whose first leaf, the coinbase, is not known yet.</summary>
internal static class MerkleTree
{
    private const int Size = Sha256d.HashSize;

    /// <summary>
    /// What the first leaf is hashed with on its way to the root, one after another. <paramref name="leaves"/> are the other leaves in
    /// block order, 32 bytes each in internal order.
    /// </summary>
    public static byte[] PathOfFirst(ReadOnlySpan<byte> leaves)
    {
        Check.That(leaves.Length % Size == 0);
        var count = leaves.Length / Size;
        var path = new List<byte>(Size * 16);
        var level = new byte[leaves.Length + Size];
        var above = new byte[leaves.Length + Size];
        leaves.CopyTo(level);

        while (count > 0)
        {
            path.AddRange(level.AsSpan(0, Size));
            var rest = count - 1;
            if (rest % 2 == 1) level.AsSpan(rest * Size, Size).CopyTo(level.AsSpan(++rest * Size));

            Sha256d.HashMany(level.AsSpan(Size, rest * Size), 2 * Size, above);
            count = rest / 2;
            (level, above) = (above, level);
        }

        return [.. path];
    }
}
