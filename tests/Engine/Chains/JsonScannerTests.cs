using System.Text;
using System.Text.Json;
using Viddhana.Core.Chains;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Engine.ChainFamilies;

/// <summary>The scanner against System.Text.Json: what one takes for JSON, the other does, and what is read is what was written.</summary>
public sealed class JsonScannerTests
{
    private const string Sample = """
        { "a" : [ 1, -0, 2.5e-3, 1E+9, true,false ,null, [], {}, [[]], "" ],
          "text":"q\" s\\ \/ \b\f\n\r\t é \u00e9\ud83d\ude00", "hex":"00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff", "n":{"o":{"p":0}} }
        """;

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("01")]
    [TestCase("-")]
    [TestCase("1.")]
    [TestCase(".5")]
    [TestCase("1e")]
    [TestCase("+1")]
    [TestCase("[1,]")]
    [TestCase("[,1]")]
    [TestCase("[1 2]")]
    [TestCase("{\"a\":1,}")]
    [TestCase("{\"a\" 1}")]
    [TestCase("{a:1}")]
    [TestCase("{\"a\":}")]
    [TestCase("[}")]
    [TestCase("nul")]
    [TestCase("truE")]
    [TestCase("\"a")]
    [TestCase("\"\\x\"")]
    [TestCase("\"\\u12g4\"")]
    [TestCase("\"\\")]
    [TestCase("\"a\tb\"")]
    [TestCase("1 1")]
    [TestCase("{} x")]
    public void What_is_no_json_is_none(string text) => Assert.That(IsJson(Encoding.UTF8.GetBytes(text)), Is.False);

    [Test]
    public void The_sample_is_json_and_none_of_its_beginnings_is()
    {
        var bytes = Encoding.UTF8.GetBytes(Sample);
        Assert.That(IsJson(bytes), Is.True);
        for (var length = 0; length < bytes.Length; length++) Assert.That(IsJson(bytes[..length]), Is.False, $"{length} bytes");
    }

    [Test]
    public void Each_byte_changed_to_each_other_is_judged_as_the_library_judges_it()
    {
        var bytes = Encoding.UTF8.GetBytes(Sample);
        for (var at = 0; at < bytes.Length; at++)
        {
            var kept = bytes[at];
            for (var value = 0; value < 256; value++)
            {
                bytes[at] = (byte)value;
                Assert.That(IsJson(bytes), Is.EqualTo(LibraryTakes(bytes)), $"byte {at} is {value}");
            }

            bytes[at] = kept;
        }
    }

    [Test, Category(Fuzz.Category)]
    public void Noise_is_judged_as_the_library_judges_it()
    {
        const int seed = 29;
        var random = new Random(seed);
        var letters = "[]{}:,\"\\ \n01-.eEtrufalsn/"u8.ToArray();
        for (var i = 0; i < Fuzz.Rounds(50_000); i++)
        {
            var bytes = new byte[random.Next(12)];
            for (var at = 0; at < bytes.Length; at++) bytes[at] = letters[random.Next(letters.Length)];
            Assert.That(IsJson(bytes), Is.EqualTo(LibraryTakes(bytes)), $"seed {seed}, round {i}: {Encoding.ASCII.GetString(bytes)}");
        }
    }

    [Test]
    public void Nesting_has_a_limit()
    {
        Assert.That(IsJson(Nested(JsonScanner.DepthMax)), Is.True);
        Assert.That(IsJson(Nested(JsonScanner.DepthMax + 1)), Is.False);
        Assert.That(IsJson(Nested(100_000)), Is.False);

        static byte[] Nested(int depth) => Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth));
    }

    [Test]
    public void Members_and_items_are_given_in_order()
    {
        var json = new JsonScanner(Encoding.UTF8.GetBytes(Sample));
        Assert.That(json.TryObject(), Is.True);
        Assert.That(Name(ref json), Is.EqualTo("a"));
        Assert.That(json.TryObject(), Is.False, "a list is no object");
        Assert.That(json.TryArray(), Is.True);
        Assert.That(json.TryItem() && json.TryInt64(out var one) && one == 1, Is.True);
        Assert.That(json.TryItem() && json.TryInt64(out var zero) && zero == 0, Is.True);
        Assert.That(json.TryItem() && json.TryInt64(out _), Is.False, "2.5e-3 is no whole number");
        for (var i = 0; i < 8; i++) Assert.That(json.TryItem() && json.Skip(), Is.True, $"item {i}");
        Assert.That(json.TryItem(), Is.False);

        Assert.That(Name(ref json), Is.EqualTo("text"));
        Assert.That(json.TryHex(out _), Is.False, "it is no hex, and stays where it is");
        Assert.That(json.TryString(out var raw), Is.True);
        Assert.That(JsonScanner.TryText(raw, out var text), Is.True);
        Assert.That(text, Is.EqualTo("q\" s\\ / \b\f\n\r\t \u00e9 \u00e9\ud83d\ude00"));

        Assert.That(Name(ref json), Is.EqualTo("hex"));
        Assert.That(json.TryHex(out var digits), Is.True);
        Assert.That(digits.Length, Is.EqualTo(44));
        Assert.That(Name(ref json), Is.EqualTo("n"));
        Assert.That(json.Skip(), Is.True);
        Assert.That(json.TryName(out _), Is.False);
        Assert.That(json.IsAtEnd(), Is.True);

        static string Name(ref JsonScanner json) => json.TryName(out var name) ? Encoding.UTF8.GetString(name) : "none";
    }

    [Test]
    public void After_a_breach_nothing_is_read_any_more()
    {
        var json = new JsonScanner("[1 2, 3]"u8);
        Assert.That(json.TryArray() && json.TryItem() && json.Skip(), Is.True);
        Assert.That(json.TryItem(), Is.False);
        Assert.That(json.IsBroken, Is.True);
        Assert.That(json.TryItem() || json.Skip() || json.TryInt64(out _) || json.TryString(out _) || json.IsAtEnd(), Is.False);
    }

    [TestCase("\\ud800", "a lone surrogate is no text")]
    [TestCase("\u00ff", "nor is a byte that begins no letter")]
    public void What_gives_no_text_is_none(string raw, string why) =>
        Assert.That(JsonScanner.TryText(Encoding.Latin1.GetBytes(raw), out _), Is.False, why);

    private static bool IsJson(byte[] bytes)
    {
        var json = new JsonScanner(bytes);
        return json.Skip() && json.IsAtEnd();
    }

    private static bool LibraryTakes(byte[] bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
