namespace Viddhana.Simnode.Wire;

/// <summary>Merkle trees as blocks have them.</summary>
public static class Merkle
{
    /// <summary>
    /// The root of <paramref name="leaves"/>. <paramref name="mutated"/> tells that two equal neighbours were hashed together, by which
    /// a block can be made to look like another one (CVE-2012-2459).
    /// </summary>
    public static Hash256 Root(IEnumerable<Hash256> leaves, out bool mutated)
    {
        mutated = false;
        var level = leaves.ToList();
        if (level.Count == 0) return Hash256.Zero;

        while (level.Count > 1)
        {
            for (var i = 0; i + 1 < level.Count; i += 2) mutated |= level[i] == level[i + 1];
            if (level.Count % 2 == 1) level.Add(level[^1]);
            for (var i = 0; i < level.Count / 2; i++) level[i] = Hash256.Of(level[2 * i], level[(2 * i) + 1]);
            level.RemoveRange(level.Count / 2, level.Count - (level.Count / 2));
        }

        return level[0];
    }

    /// <summary>The root without the check for equal neighbours.</summary>
    public static Hash256 Root(IEnumerable<Hash256> leaves) => Root(leaves, out _);
}
