using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Viddhana.Backoffice.Accounts;

/// <summary>Time-based one-time passwords (RFC 6238) as authenticator apps make them: HMAC-SHA-1, 30 seconds, 6 digits.</summary>
internal static class Totp
{
    /// <summary>Bytes of a secret: RFC 4226 asks for 20.</summary>
    public const int SecretSize = 20;

    private const int StepSeconds = 30;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>The number of the time step.</summary>
    public static long Step(DateTimeOffset time) => time.ToUnixTimeSeconds() / StepSeconds;

    /// <summary>The code of a time step.</summary>
    public static string Code(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6238 says SHA-1, and so do the apps; an HMAC does not suffer from its collisions.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 15)..]) & 0x7fffffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// The step that a code is of: now, the one before or after it (clocks differ), and later than <paramref name="lastStep"/>; null if
    /// none.
    /// </summary>
    public static long? StepOf(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        long? found = null;
        var given = System.Text.Encoding.UTF8.GetBytes(code);
        for (var step = Step(now) - 1; step <= Step(now) + 1; step++)
        {
            var expected = System.Text.Encoding.ASCII.GetBytes(Code(secret, step));
            if (CryptographicOperations.FixedTimeEquals(expected, given) && step > lastStep) found = step;
        }

        return found;
    }

    /// <summary>Base32 (RFC 4648) without padding, as apps show and take secrets.</summary>
    public static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder(((bytes.Length * 8) + 4) / 5);
        var (bits, held) = (0, 0);
        foreach (var value in bytes)
        {
            bits = ((bits & 31) << 8) | value;
            for (held += 8; held >= 5;)
            {
                held -= 5;
                text.Append(Base32[(bits >> held) & 31]);
            }
        }

        if (held > 0) text.Append(Base32[(bits << (5 - held)) & 31]);
        return text.ToString();
    }
}
