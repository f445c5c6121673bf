using System.Buffers;
using Viddhana.Core.Algorithms;

namespace Viddhana.Core.Chains.Bitcoin;

/// <summary>The merkle tree of a block whose first leaf, the coinbase, is not known yet.</summary>
public static class MerkleTree
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
        Span<byte> path = stackalloc byte[Size * 32];   // more levels than an array can have leaves
        var steps = 0;
        var (level, above) = (Rent(leaves.Length), Rent(leaves.Length));
        leaves.CopyTo(level);

        while (count > 0)
        {
            level.AsSpan(0, Size).CopyTo(path[(Size * steps++)..]);
            var rest = count - 1;
            if (rest % 2 == 1) level.AsSpan(rest * Size, Size).CopyTo(level.AsSpan(++rest * Size));

            Sha256d.HashMany(level.AsSpan(Size, rest * Size), 2 * Size, above);
            count = rest / 2;
            (level, above) = (above, level);
        }

        ArrayPool<byte>.Shared.Return(level);
        ArrayPool<byte>.Shared.Return(above);
        return path[..(Size * steps)].ToArray();
    }

    // Room for one more leaf: the last of an odd number is its own partner.
    private static byte[] Rent(int size) => ArrayPool<byte>.Shared.Rent(size + Size);
}
