namespace Viddhana.Backoffice.Shares;

/// <summary>A stratum user taken apart: the account is what stands before the first dot, the worker what follows.</summary>
public readonly record struct StratumName(string Account, string Worker)
{
    /// <summary>
    /// Takes any text. Bech32 addresses mean the same in capitals and in small letters, so a name in capitals that could be one is read
    /// in small letters. PostgreSQL stores no NUL: it becomes U+FFFD.
    /// </summary>
    public static StratumName Parse(string user)
    {
        var text = user.Replace('\0', '\uFFFD');
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var account = dot < 0 ? text : text[..dot];
        return new StratumName(LooksLikeBech32InCapitals(account) ? account.ToLowerInvariant() : account, dot < 0 ? "" : text[(dot + 1)..]);
    }

    /// <summary>Base58 has no '0', and its addresses are of mixed case; 14 characters are the least of a Bech32 address.</summary>
    private static bool LooksLikeBech32InCapitals(string name)
    {
        if (name.Length < 14 || !name.Contains('1', StringComparison.Ordinal)) return false;
        foreach (var c in name)
            if (!char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c)) return false;
        return true;
    }
}
