using System.Globalization;
using System.Numerics;

namespace Viddhana.Core.Shares;

/// <summary>
/// An exact share difficulty from 1e-10 to 2^31: mantissa / (10^tens × 2^twos). Always in the one form that has no smaller exponents, so
/// equal values are equal records.
/// </summary>
public readonly record struct Difficulty : IComparable<Difficulty>
{
    // Every decimal in range with this many places has a mantissa below 2^31 × 10^9 < 2^63.
    private const int DigitsMax = 18;

    private Difficulty(ulong mantissa, byte tens, byte twos)
    {
        Mantissa = mantissa;
        Tens = tens;
        Twos = twos;
    }

    /// <summary>1e-10, the smallest difficulty.</summary>
    public static Difficulty Min { get; } = new(1, 10, 0);

    /// <summary>2^31, the largest difficulty.</summary>
    public static Difficulty Max { get; } = new(1UL << 31, 0, 0);

    /// <summary>1.</summary>
    public static Difficulty One { get; } = new(1, 0, 0);

    /// <summary>Numerator; 0 only in <c>default</c>, which is no difficulty.</summary>
    public ulong Mantissa { get; }

    /// <summary>Power of ten in the denominator.</summary>
    public byte Tens { get; }

    /// <summary>Power of two in the denominator.</summary>
    public byte Twos { get; }

    /// <summary>
    /// Reads a plain decimal such as <c>1024</c> or <c>0.00015</c> (no sign, exponent or space; at most 18 significant digits and 18
    /// places). False when it is not one or lies outside 1e-10 to 2^31.
    /// </summary>
    public static bool TryParse(string? text, out Difficulty value)
    {
        value = default;
        if (text is null or "" || text.Length > 40) return false;

        var point = text.IndexOf('.');
        var digits = point < 0 ? text : string.Concat(text.AsSpan(0, point), text.AsSpan(point + 1));
        var places = point < 0 ? 0 : text.Length - point - 1;
        if (point == 0 || (point > 0 && places == 0) || digits.AsSpan().ContainsAnyExceptInRange('0', '9')) return false;

        var number = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        while (places > 0 && number % 10 == 0 && !number.IsZero)
        {
            number /= 10;
            places--;
        }

        if (number.IsZero || places > DigitsMax || number >= BigInteger.Pow(10, DigitsMax)) return false;

        value = Reduced((ulong)number, places);
        return value >= Min && value <= Max;
    }

    /// <summary>A whole number, 1 to 2^31.</summary>
    public static Difficulty FromInteger(long value)
    {
        Check.That(value is >= 1 and <= 1L << 31);
        return new Difficulty((ulong)value, 0, 0);
    }

    /// <summary>2^-n, n from 0 to 33.</summary>
    public static Difficulty FromPowerOfHalf(int n)
    {
        Check.That(n is >= 0 and <= 33);
        return new Difficulty(1, 0, (byte)n);
    }

    /// <summary>
    /// The largest value that is at most <paramref name="value"/> and that vardiff may hand out: an integer with at most two significant
    /// digits, or 2^-n. Clamped to 2^31 (2,100,000,000 in two digits) and 2^-33; not a number counts as too small.
    /// </summary>
    public static Difficulty RoundDown(double value)
    {
        if (!(value >= 1)) return RoundDownBelowOne(value);
        return RoundDown(value >= (1L << 31) ? 1L << 31 : (long)value);
    }

    /// <summary>The largest value of vardiff's set that is at most this one; <see cref="Min"/> if there is none.</summary>
    public Difficulty RoundDown()
    {
        if (this >= One) return RoundDown((long)(Numerator / Denominator));

        for (var n = 1; n <= 33; n++)
        {
            if (FromPowerOfHalf(n) <= this) return FromPowerOfHalf(n);
        }

        return Min;
    }

    /// <summary>The value in decimal, exact to the last digit, without exponent or trailing zeros: as it is sent to miners.</summary>
    public string Text
    {
        get
        {
            // 1 / 2^n = 5^n / 10^n, so every value has a finite decimal.
            var digits = (Mantissa * BigInteger.Pow(5, Twos)).ToString(CultureInfo.InvariantCulture);
            var places = Tens + Twos;
            if (places == 0) return digits;

            digits = digits.PadLeft(places + 1, '0');
            return $"{digits.AsSpan(0, digits.Length - places)}.{digits.AsSpan(digits.Length - places).TrimEnd('0')}";
        }
    }

    /// <summary>The nearest double, for vardiff's arithmetic and metrics.</summary>
    public double ToDouble() => double.Parse(Text, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public int CompareTo(Difficulty other) => (Numerator * other.Denominator).CompareTo(other.Numerator * Denominator);

    /// <summary>Numeric order.</summary>
    public static bool operator <=(Difficulty left, Difficulty right) => left.CompareTo(right) <= 0;

    /// <summary>Numeric order.</summary>
    public static bool operator >=(Difficulty left, Difficulty right) => left.CompareTo(right) >= 0;

    /// <summary>Numeric order.</summary>
    public static bool operator <(Difficulty left, Difficulty right) => left.CompareTo(right) < 0;

    /// <summary>Numeric order.</summary>
    public static bool operator >(Difficulty left, Difficulty right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>The exact value is <see cref="Numerator"/> / <see cref="Denominator"/>.</summary>
    internal BigInteger Numerator => Mantissa;

    /// <summary>See <see cref="Numerator"/>.</summary>
    internal BigInteger Denominator => BigInteger.Pow(10, Tens) << Twos;

    private static Difficulty RoundDown(long value)
    {
        var unit = 1L;
        while (value / unit >= 100) unit *= 10;
        return FromInteger(value / unit * unit);
    }

    private static Difficulty RoundDownBelowOne(double value)
    {
        for (var n = 1; n < 33; n++)
        {
            if (Math.ScaleB(1, -n) <= value) return FromPowerOfHalf(n);
        }

        return FromPowerOfHalf(33);
    }

    // The one form of number / 10^places: as few tens as the fives in the denominator need, the rest as twos.
    private static Difficulty Reduced(ulong number, int places)
    {
        int twos = places, fives = places;
        for (; twos > 0 && number % 2 == 0; twos--) number /= 2;
        for (; fives > 0 && number % 5 == 0; fives--) number /= 5;
        if (fives > twos) number <<= fives - twos;
        return new Difficulty(number, (byte)fives, (byte)Math.Max(0, twos - fives));
    }
}
