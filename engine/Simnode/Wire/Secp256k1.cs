using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Viddhana.Simnode.Wire;

/// <summary>ECDSA on secp256k1 through the platform's library: DER signatures with low S, compressed public keys.</summary>
public static class Secp256k1
{
    private static readonly ECCurve Curve = ECCurve.CreateFromValue("1.3.132.0.10");
    private static readonly BigInteger Prime = Number("0fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    private static readonly BigInteger Order = Number("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

    /// <summary>True for the numbers that can be secret keys: 1 to the group's order less one.</summary>
    public static bool IsSecret(ReadOnlySpan<byte> secret)
    {
        var number = Unsigned(secret);
        return !number.IsZero && number < Order;
    }

    /// <summary>The 33-byte public key of a secret key.</summary>
    public static byte[] PublicKey(byte[] secret)
    {
        using var key = Import(secret);
        var point = key.ExportParameters(false).Q;
        return [(byte)(2 + (point.Y![31] & 1)), .. point.X!];
    }

    /// <summary>Signs a 32-byte hash: DER, low S.</summary>
    public static byte[] Sign(byte[] secret, ReadOnlySpan<byte> hash)
    {
        using var key = Import(secret);
        var pair = key.SignHash(hash.ToArray());   // r and s, 32 bytes each
        var s = Unsigned(pair.AsSpan(32));
        if (s > Order / 2) s = Order - s;
        var r = DerInteger(Unsigned(pair.AsSpan(0, 32)));
        var low = DerInteger(s);
        return [0x30, (byte)(r.Length + low.Length), .. r, .. low];
    }

    /// <summary>True for a strictly encoded, low-S signature of <paramref name="hash"/> by a compressed public key.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> der)
    {
        if (!TryReadDer(der, out var pair) || !TryPoint(publicKey, out var point)) return false;

        using var key = ECDsa.Create();
        key.ImportParameters(new ECParameters { Curve = Curve, Q = point });
        return key.VerifyHash(hash, pair);
    }

    private static ECDsa Import(byte[] secret)
    {
        var key = ECDsa.Create();
        key.ImportParameters(new ECParameters { Curve = Curve, D = secret });
        return key;
    }

    // y = ±sqrt(x³ + 7); the prime is 3 mod 4, so the root is one power.
    private static bool TryPoint(ReadOnlySpan<byte> compressed, out ECPoint point)
    {
        point = default;
        if (compressed is not [2 or 3, ..] || compressed.Length != 33) return false;

        var x = Unsigned(compressed[1..]);
        var square = (BigInteger.ModPow(x, 3, Prime) + 7) % Prime;
        var y = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
        if (x >= Prime || y * y % Prime != square) return false;

        if (y.IsEven != (compressed[0] == 2)) y = Prime - y;
        point = new ECPoint { X = compressed[1..].ToArray(), Y = Fixed32(y) };
        return true;
    }

    private static bool TryReadDer(ReadOnlySpan<byte> der, out byte[] pair)
    {
        pair = [];
        if (der is not [0x30, var total, ..] || total != der.Length - 2) return false;

        var rest = der[2..];
        if (!TryReadInteger(ref rest, out var r) || !TryReadInteger(ref rest, out var s) || rest.Length != 0) return false;
        if (r.IsZero || r >= Order || s.IsZero || s > Order / 2) return false;

        pair = [.. Fixed32(r), .. Fixed32(s)];
        return true;
    }

    private static bool TryReadInteger(ref ReadOnlySpan<byte> der, out BigInteger value)
    {
        value = default;
        if (der is not [0x02, var length, ..] || length is 0 or > 33 || length > der.Length - 2) return false;

        var digits = der.Slice(2, length);
        if ((digits[0] & 0x80) != 0 || (length > 1 && digits[0] == 0 && (digits[1] & 0x80) == 0)) return false;

        value = Unsigned(digits);
        der = der[(2 + length)..];
        return true;
    }

    private static byte[] DerInteger(BigInteger value)
    {
        var digits = value.ToByteArray(isUnsigned: false, isBigEndian: true);
        return [0x02, (byte)digits.Length, .. digits];
    }

    private static byte[] Fixed32(BigInteger value)
    {
        var bytes = new byte[32];
        var digits = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, 32 - digits.Length);
        return bytes;
    }

    private static BigInteger Unsigned(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static BigInteger Number(string hex) => BigInteger.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
