using System.Text;
using Viddhana.Core.Bytes;

namespace Viddhana.Tests.Engine.Bytes;

/// <summary>The vector forms against the plain ones, at every length around a step and with every byte at every place.</summary>
public sealed class WideHexTests
{
    [Test]
    public void Every_length_is_read_and_written_as_the_plain_form_does()
    {
        const int seed = 3;
        var random = new Random(seed);
        for (var length = 0; length < 100; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            var digits = new byte[2 * length];
            WideHex.Write(bytes, digits);
            Assert.That(Encoding.ASCII.GetString(digits), Is.EqualTo(Convert.ToHexStringLower(bytes)), $"seed {seed}, length {length}");

            var read = new byte[length];
            Assert.That(WideHex.TryRead(digits, read), Is.True);
            Assert.That(read, Is.EqualTo(bytes));
            Assert.That(WideHex.TryRead(Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)), read), Is.True);
            Assert.That(read, Is.EqualTo(bytes), "capitals are digits too");
        }
    }

    [Test]
    public void Every_byte_that_is_no_digit_is_refused_at_every_place()
    {
        var digits = Encoding.ASCII.GetBytes("0123456789abcdefABCDEF0123456789fedcba9876543210FEDCBA9876543210aA");
        Span<byte> plain = stackalloc byte[digits.Length / 2];
        Span<byte> wide = stackalloc byte[digits.Length / 2];
        for (var place = 0; place < digits.Length; place++)
        {
            var kept = digits[place];
            for (var value = 0; value < 256; value++)
            {
                digits[place] = (byte)value;
                var isHex = Hex.TryReadBytes(digits, plain);
                Assert.That(WideHex.TryRead(digits, wide), Is.EqualTo(isHex), $"{value} at {place}");
                if (isHex) Assert.That(wide.SequenceEqual(plain), Is.True, $"{value} at {place}");
            }

            digits[place] = kept;
        }
    }

    [TestCase(0, 1)]
    [TestCase(1, 0)]
    [TestCase(33, 16)]
    [TestCase(64, 33)]
    [TestCase(64, 31)]
    public void Another_length_is_refused(int digits, int bytes) =>
        Assert.That(WideHex.TryRead(Enumerable.Repeat((byte)'0', digits).ToArray(), new byte[bytes]), Is.False);
}
