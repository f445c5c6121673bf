namespace Viddhana.Backoffice.Rewards;

/// <summary>Exact arithmetic beyond 128 bits, for reward × work.</summary>
public static class Wide
{
    /// <summary>floor(a × b / c) with a product of 256 bits.</summary>
    /// <exception cref="DivideByZeroException">c is 0.</exception>
    /// <exception cref="OverflowException">The quotient does not fit into 128 bits.</exception>
    public static UInt128 MulDiv(UInt128 a, UInt128 b, UInt128 c)
    {
        if (c == 0) throw new DivideByZeroException();

        var (high, low) = Multiply(a, b);
        if (high == 0) return low / c;
        if (high >= c) throw new OverflowException("the quotient exceeds 128 bits");
        return Divide(high, low, c);
    }

    private static (UInt128 High, UInt128 Low) Multiply(UInt128 a, UInt128 b)
    {
        UInt128 aLow = (ulong)a, aHigh = a >> 64, bLow = (ulong)b, bHigh = b >> 64;
        var lowLow = aLow * bLow;
        var lowHigh = aLow * bHigh;
        var highLow = aHigh * bLow;
        var middle = (lowLow >> 64) + (ulong)lowHigh + (ulong)highLow;
        return ((aHigh * bHigh) + (lowHigh >> 64) + (highLow >> 64) + (middle >> 64), (middle << 64) | (ulong)lowLow);
    }

    /// <summary>Long division bit by bit; high is below c, so the quotient has 128 bits.</summary>
    private static UInt128 Divide(UInt128 high, UInt128 low, UInt128 c)
    {
        UInt128 quotient = 0;
        var rest = high;
        for (var bit = 127; bit >= 0; bit--)
        {
            var carry = rest >> 127;
            rest = (rest << 1) | ((low >> bit) & 1);
            quotient <<= 1;
            // With the carry the rest has 129 bits and exceeds c; the subtraction wraps to the right value.
            if (carry == 0 && rest < c) continue;
            rest -= c;
            quotient |= 1;
        }

        return quotient;
    }
}
