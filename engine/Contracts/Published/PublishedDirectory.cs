namespace Viddhana.Contracts.Published;

/// <summary>What the backoffice tells the engines: which names besides addresses are accounts, and who is banned.</summary>
/// <param name="Names">Stratum names, each <c>[a-z0-9]{3,32}</c>.</param>
/// <param name="Bans">Bans, of which some may be over by now.</param>
public sealed record PublishedDirectory(IReadOnlyList<string> Names, IReadOnlyList<Ban> Bans)
{
    /// <summary>Shortest stratum name.</summary>
    public const int NameMin = 3;

    /// <summary>Longest stratum name.</summary>
    public const int NameMax = 32;

    /// <summary>Most names: 2 MB.</summary>
    public const int NamesMax = 65_536;

    /// <summary>Most bans: at most 6 MB, in practice 1.</summary>
    public const int BansMax = 16_384;

    /// <summary>Most bytes of a document.</summary>
    public const int BytesMax = 16 << 20;

    /// <summary>Nobody.</summary>
    public static PublishedDirectory Empty { get; } = new([], []);

    /// <summary>True for a name that an account may have.</summary>
    public static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.Length is < NameMin or > NameMax) return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c)) return false;
        return true;
    }
}
