using System.Text;
using Viddhana.Engine.Node;

namespace Viddhana.Tests.Engine.Node;

/// <summary>Goal: no bytes of a node make a reader throw. Method: valid answers, cut at every place and with every byte changed.</summary>
internal sealed class HostileAnswerTests
{
    private static readonly string Tip = new('a', 64);

    [TestCase("{\"result\":{\"a\":[1,\"x\"]},\"error\":null,\"id\":17}\n")]
    [TestCase("{\"error\":{\"code\":-8,\"message\":\"no \\u00e9\"},\"result\":null}")]
    [TestCase("{\"id\":1,\"error\":\"text\"}")]
    public void An_answer(string json) => Mangle(json, bytes =>
    {
        if (RpcParser.TryRead(bytes, out var answer))
            Assert.That(answer.Start + answer.Length, Is.LessThanOrEqualTo(bytes.Length));
    });

    [Test]
    public void A_template() => Mangle(
        $"{{\"previousblockhash\":\"{Tip}\",\"transactions\":[{{\"data\":\"00\"}}],\"longpollid\":\"{Tip}1\",\"height\":7}}",
        bytes => _ = TemplateHead.TryRead(bytes));

    [Test]
    public void Chain_info() => Mangle(
        $"{{\"chain\":\"main\",\"blocks\":5,\"headers\":7,\"bestblockhash\":\"{Tip}\",\"initialblockdownload\":true}}",
        bytes => _ = ChainInfo.TryRead(bytes));

    [Test]
    public void Chain_tips() => Mangle(
        $"[{{\"height\":5,\"hash\":\"{Tip}\",\"status\":\"invalid\"}},{{\"hash\":\"b\",\"status\":[1]}}]",
        bytes => _ = ReorgProof.StatusOf(bytes, Tip));

    [Test]
    public void What_is_logged_of_a_node_is_one_printable_line()
    {
        Assert.That(RpcParser.Clean("a\u001b[2Jb\0c\nd"), Is.EqualTo("a.[2Jb.c"));
        Assert.That(RpcParser.Clean(new string('x', 5_000)), Has.Length.EqualTo(200));
    }

    private static void Mangle(string text, Action<byte[]> read)
    {
        var whole = Encoding.UTF8.GetBytes(text);
        for (var length = 0; length <= whole.Length; length++) read(whole[..length]);
        for (var at = 0; at < whole.Length; at++)
        {
            for (var value = 0; value < 256; value++)
            {
                var changed = (byte[])whole.Clone();
                changed[at] = (byte)value;
                Assert.That(() => read(changed), Throws.Nothing, $"byte {at} is {value}");
            }
        }
    }
}
