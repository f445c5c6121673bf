using System.Globalization;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum;

/// <summary>Difficulties that miners ask for, by method or password.</summary>
/// <param name="Start">Value of <c>d=</c>, <c>diff=</c> or <c>fd=</c>.</param>
/// <param name="Min">Value of <c>md=</c>.</param>
/// <param name="IsFixed">True for <c>fd=</c>: it is to stay.</param>
internal readonly record struct AskedDifficulty(Difficulty? Start, Difficulty? Min, bool IsFixed)
{
    /// <summary>
    /// Reads a password: <c>key=value</c> separated by comma, semicolon, ampersand or space; other keys and whatever is no number are
    /// fillers. The last of several wins, but <c>fd=</c> over <c>d=</c>.
    /// </summary>
    public static AskedDifficulty FromPassword(string password)
    {
        var asked = default(AskedDifficulty);
        foreach (var range in password.AsSpan().SplitAny(',', ';', '&', ' '))
        {
            var token = password.AsSpan()[range];
            var equals = token.IndexOf('=');
            if (equals > 0 && TryRead(token[(equals + 1)..], out var value)) asked = asked.With(token[..equals], value);
        }

        return asked;
    }

    /// <summary>The number of a user name like <c>address+4096</c> or <c>address+4096.worker</c>; null if there is none.</summary>
    public static Difficulty? FromUser(ReadOnlySpan<byte> user)
    {
        if (user.Contains((byte)'%')) user = WorkerName.PercentDecode(user);
        var rest = user[WorkerName.Account(user).Length..];
        Span<char> digits = stackalloc char[40];
        var number = rest[..WorkerName.NumberSize(rest)];
        if (number.Length < 2 || number.Length > digits.Length) return null;

        for (var i = 1; i < number.Length; i++) digits[i - 1] = (char)number[i];
        return TryRead(digits[..(number.Length - 1)], out var value) ? value : null;
    }

    /// <summary>
    /// Reads a number: decimals in range exactly; anything else above zero, with an exponent or out of range, as vardiff's nearest value
    /// below.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> text, out Difficulty value)
    {
        value = default;
        if (text.Length is 0 or > 40 || !(char.IsAsciiDigit(text[0]) || text[0] == '.')) return false;
        if (Difficulty.TryParse(text.ToString(), out value)) return true;

        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(text, style, CultureInfo.InvariantCulture, out var number) || !(number > 0)) return false;

        value = number < 1L << 31 ? Difficulty.RoundDown(number) : Difficulty.Max;
        return true;
    }

    private AskedDifficulty With(ReadOnlySpan<char> key, Difficulty value) => key switch
    {
        "d" or "diff" => IsFixed ? this : this with { Start = value },
        "fd" => this with { Start = value, IsFixed = true },
        "md" => this with { Min = value },
        _ => this,
    };
}
