using System.Text;
using Viddhana.Core.Bytes;

namespace Viddhana.Tests.Engine.Bytes;

public sealed class HexTests
{
    private static readonly string[] NotHex =
    [
        "", "1", "123", "1234567 ", " 1234567", "0x123456", "+1234567", "-1234567", "1234567g",
        "123456789", "12345\u00e97", "1234567\0", "１２３４５６７８",
    ];

    [TestCaseSource(nameof(NotHex))]
    public void Eight_digits_means_eight_digits(string text) =>
        Assert.That(Hex.TryReadUInt32(Encoding.UTF8.GetBytes(text), out _), Is.False);

    [Test]
    public void Every_byte_that_is_no_digit_is_refused_at_every_place()
    {
        Span<byte> bytes = stackalloc byte[4];
        for (var value = 0; value < 256; value++)
        {
            for (var place = 0; place < 8; place++)
            {
                var text = "01abCDef"u8.ToArray();
                text[place] = (byte)value;
                var isDigit = char.IsAsciiHexDigit((char)value);
                Assert.That(Hex.TryReadUInt32(text, out _), Is.EqualTo(isDigit), $"{value} at {place}");
                Assert.That(Hex.TryReadBytes(text, bytes), Is.EqualTo(isDigit), $"{value} at {place}");
                Assert.That(Hex.IsHex(text), Is.EqualTo(isDigit), $"{value} at {place}");
            }
        }
    }

    [Test]
    public void Numbers_read_as_they_are_written()
    {
        Assert.That(Hex.TryReadUInt32("01abCDef"u8, out var value), Is.True);
        Assert.That(value, Is.EqualTo(0x01abcdefu));
        Assert.That(Hex.TryReadUInt64("fEdcba9876543210"u8, out var large), Is.True);
        Assert.That(large, Is.EqualTo(0xfedcba9876543210));
        Assert.That(Hex.TryReadUInt64("fedcba987654321"u8, out _), Is.False);
    }

    [TestCase("3b9a12", 0x3b9a12u)]
    [TestCase("0", 0u)]
    [TestCase("ffffffff", uint.MaxValue)]
    public void A_short_nonce_is_padded_on_the_left(string text, uint expected)
    {
        Assert.That(Hex.TryReadShortUInt32(Encoding.ASCII.GetBytes(text), out var value), Is.True);
        Assert.That(value, Is.EqualTo(expected));
    }

    [TestCase("")]
    [TestCase("123456789")]
    [TestCase("12 4")]
    public void A_nonce_of_no_digits_or_nine_is_refused(string text) =>
        Assert.That(Hex.TryReadShortUInt32(Encoding.ASCII.GetBytes(text), out _), Is.False);

    [Test]
    public void Bytes_survive_the_round_trip_in_any_case()
    {
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var text = new byte[512];
        Hex.Write(bytes, text);
        Assert.That(Encoding.ASCII.GetString(text), Is.EqualTo(Convert.ToHexStringLower(bytes)));

        var upper = Encoding.ASCII.GetBytes(Convert.ToHexString(bytes));
        var back = new byte[256];
        Assert.That(Hex.TryReadBytes(upper, back), Is.True);
        Assert.That(back, Is.EqualTo(bytes));
        Assert.That(Hex.TryReadBytes(Convert.ToHexString(bytes).AsSpan(), back), Is.True);
        Assert.That(Hex.TryReadReversed(text, back), Is.True);
        Assert.That(back, Is.EqualTo(bytes.Reverse()));

        Hex.ToLower(upper);
        Assert.That(upper, Is.EqualTo(text));
    }

    [Test]
    public void Numbers_write_with_all_their_zeros()
    {
        var text = new byte[16];
        Hex.WriteUInt64(0x00a0b0, text);
        Assert.That(Encoding.ASCII.GetString(text), Is.EqualTo("000000000000a0b0"));
        Hex.WriteUInt32(0xbeef, text);
        Assert.That(Encoding.ASCII.GetString(text, 0, 8), Is.EqualTo("0000beef"));
        Assert.That(Hex.ToReversedText([1, 2, 0xff]), Is.EqualTo("ff0201"));
    }
}
