using System.Text;
using Viddhana.Contracts.Redis;

namespace Viddhana.Tests.Engine.Contracts;

public sealed class RespParserTests
{
    [TestCase("+OK\r\n", "OK")]
    [TestCase("-NOGROUP no such group\r\n", "NOGROUP no such group")]
    [TestCase(":-42\r\n", "-42")]
    [TestCase("$3\r\na\r\n\r\n", "a\r\n")]
    [TestCase("$0\r\n\r\n", "")]
    [TestCase("$-1\r\n", "(nil)")]
    [TestCase("*-1\r\n", "(nil)")]
    [TestCase("*0\r\n", "[]")]
    [TestCase("*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+y\r\n", "[1, [x, (nil)], y]")]
    public void A_reply_is_read_whole_and_never_in_part(string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var length = 0; length < bytes.Length; length++)
            Assert.That(RespParser.TryRead(bytes.AsSpan(0, length), out _, out _), Is.False, $"cut at {length}");

        Assert.That(RespParser.TryRead([.. bytes, (byte)'+'], out var value, out var consumed), Is.True);
        Assert.That(consumed, Is.EqualTo(bytes.Length));
        Assert.That(value.ToString(), Is.EqualTo(expected));
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n")]
    [TestCase("\r\n")]
    [TestCase(":x\r\n")]
    [TestCase("$99999999999\r\n")]
    [TestCase("$-2\r\n")]
    [TestCase("*9999999\r\n")]
    [TestCase("$1\r\nxyz")]
    [TestCase("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n")]
    public void Nonsense_is_an_error_not_a_wait(string text)
    {
        Assert.That(() => RespParser.TryRead(Encoding.UTF8.GetBytes(text), out _, out _), Throws.TypeOf<RedisException>());
    }

    [Test]
    public void A_line_without_end_is_nonsense()
    {
        var bytes = new byte[70_000];
        bytes.AsSpan().Fill((byte)'+');

        Assert.That(() => RespParser.TryRead(bytes, out _, out _), Throws.TypeOf<RedisException>());
    }
}
