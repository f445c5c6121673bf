namespace Viddhana.Simnode.Wire;

/// <summary>Strict hex of any even length.</summary>
public static class HexText
{
    /// <summary>Digits only, even count; false otherwise.</summary>
    public static bool TryRead(string? text, out byte[] bytes)
    {
        bytes = [];
        if (text is null || text.Length % 2 != 0) return false;

        foreach (var digit in text)
        {
            if (!char.IsAsciiHexDigit(digit)) return false;
        }

        bytes = Convert.FromHexString(text);
        return true;
    }

    /// <summary>Lowercase hex.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
