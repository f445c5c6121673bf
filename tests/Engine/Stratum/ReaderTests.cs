using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Tests.Engine.Stratum;

/// <summary>The line reader against System.Text.Json: it may be stricter, never laxer, and what it reads is what was written.</summary>
public sealed class ReaderTests
{
    private static readonly string[] Lines =
    [
        """{"id":1,"method":"mining.submit","params":["addr.rig","0003000000010000","0000000000000001","6553f100","1a2b3c4d","00c0"]}""",
        """ { "params" : [ "a\u0041\/\"" , null , true , false , -0.5e+10 , { "x" : [ ] , "y" : { } } ] , "id" : "q\n" , "jrpc":"2.0" } """,
        """{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff","a":1}]}""",
        "{\"id\":7,\"result\":\"pong\",\"error\":null}\r",
        "{}",
        "\t{\"method\":\"\\u006dining.ping\",\"k\":[[[[1,2],3],\"é\"],0.0]}",
    ];

    [Test]
    public void It_takes_what_System_Text_Json_takes([ValueSource(nameof(Lines))] string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line);
        Assert.That(new V1Reader(bytes).TryRead(), Is.True);
        Assert.That(IsJsonObject(bytes), Is.True);
    }

    [Test]
    public void No_change_of_one_byte_makes_it_take_what_System_Text_Json_refuses([ValueSource(nameof(Lines))] string line)
    {
        var original = Encoding.UTF8.GetBytes(line);
        for (var at = 0; at < original.Length; at++)
        {
            for (var octet = 0; octet < 256; octet++)
            {
                var bytes = original.ToArray();
                bytes[at] = (byte)octet;
                AssertNotLaxer(bytes);
            }

            AssertNotLaxer([.. original[..at], .. original[(at + 1)..]]);
            AssertNotLaxer(original[..at]);
            foreach (var octet in "{}[]\",:\\0eE.-tu \0\n"u8) AssertNotLaxer([.. original[..at], octet, .. original[at..]]);
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 2000, StartSize = 1, EndSize = 60)]
    public Property Random_bits_of_JSON_are_judged_as_System_Text_Json_judges_them()
    {
        string[] tokens =
        [
            "{", "}", "[", "]", ",", ":", "\"id\"", "\"method\"", "\"params\"", "\"x\"", "\"\\u00e9\\ud83d\"", "1", "-", "0",
            "01", "1.5", ".5", "1e", "1e5", "true", "false", "null", "nul", " ", "\r", "\"", "\\", "\0", "é", "\u0001",
        ];
        var lines = Gen.Elements(tokens).ArrayOf().Select(parts => "{" + string.Concat(parts) + "}");
        return Prop.ForAll(lines.ToArbitrary(), line => AssertNotLaxer(Encoding.UTF8.GetBytes(line)));
    }

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public Property Any_text_comes_back_from_any_escaping() => Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
    {
        var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
        AssertComesBack(wellFormed, JavaScriptEncoder.Default);
        AssertComesBack(wellFormed, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
    });

    private static void AssertComesBack(string text, JavaScriptEncoder encoder)
    {
        var line = Encoding.UTF8.GetBytes($$"""{"params":["{{JsonEncodedText.Encode(text, encoder)}}"]}""");
        var reader = new V1Reader(line);
        Assert.That(reader.TryRead(), Is.True);
        Assert.That(Encoding.UTF8.GetString(reader.Text(reader.Param(0), new byte[line.Length])), Is.EqualTo(text));
    }

    [Test]
    public void It_finds_id_method_and_params_in_any_order_among_other_keys()
    {
        var line = """{"x":{"id":9,"params":[1]},"params":["a",2,null,[3],{"b":4},true,"g","h","i"],"y":"","id":"auth","method":"m"}"""u8;
        var reader = new V1Reader(line);
        Assert.That(reader.TryRead(), Is.True);
        Assert.That(Encoding.ASCII.GetString(reader.RawId), Is.EqualTo("\"auth\""));
        Assert.That(reader.Is(reader.Method, "m"u8), Is.True);
        Assert.That(reader.ParamCount, Is.EqualTo(9));
        V1Kind[] kinds = [V1Kind.String, V1Kind.Number, V1Kind.Null, V1Kind.Array, V1Kind.Object, V1Kind.True, V1Kind.String];
        for (var i = 0; i < kinds.Length; i++) Assert.That(reader.Param(i).Kind, Is.EqualTo(kinds[i]));
        Assert.That(Encoding.ASCII.GetString(reader.Raw(reader.Param(4))), Is.EqualTo("{\"b\":4}"));
    }

    [TestCase("""{"id":1,"id":2}""")]
    [TestCase("""{"id":1,"\u0069d":2}""")]
    [TestCase("""{"method":"a","method":"b"}""")]
    [TestCase("""{"params":[],"params":[]}""")]
    [TestCase("""[]""")]
    [TestCase("""{} {}""")]
    [TestCase("")]
    [TestCase("\ufeff{}")]
    [TestCase("""{"a":NaN}""")]
    [TestCase("""{'a':1}""")]
    [TestCase("""{"a":1,}""")]
    [TestCase("""{"a":"\x41"}""")]
    [TestCase("{\"a\":\"\t\"}")]
    [TestCase("""{"a":0x10}""")]
    [TestCase("""{"a":+1}""")]
    public void It_refuses(string line) => Assert.That(new V1Reader(Encoding.UTF8.GetBytes(line)).TryRead(), Is.False);

    [Test]
    public void It_refuses_what_is_not_UTF8()
    {
        var line = "{\"a\":\"?\"}"u8.ToArray();
        Assert.That(new V1Reader(line).TryRead(), Is.True);
        line[line.IndexOf((byte)'?')] = 0xff;
        Assert.That(new V1Reader(line).TryRead(), Is.False);
    }

    [Test]
    public void Nesting_is_bounded()
    {
        for (var depth = 1; depth < 5000; depth = (depth * 5 / 4) + 1)
        {
            var line = Encoding.ASCII.GetBytes($$"""{"a":{{new string('[', depth)}}{{new string(']', depth)}}}""");
            Assert.That(new V1Reader(line).TryRead(), Is.EqualTo(depth <= V1Reader.DepthMax), $"depth {depth}");
            var parameters = Encoding.ASCII.GetBytes($$"""{"params":{{new string('[', depth)}}{{new string(']', depth)}}}""");
            Assert.That(new V1Reader(parameters).TryRead(), Is.EqualTo(depth <= V1Reader.DepthMax), $"depth {depth} in params");
        }
    }

    [TestCase("""\ud83d\ude00""", "😀")]
    [TestCase("""\u0041\b\f\n\r\t\"\\\/""", "A\b\f\n\r\t\"\\/")]
    public void Escapes_decode(string raw, string text) => Assert.That(Decode(raw), Is.EqualTo(text));

    [TestCase("""\ud83d""")]
    [TestCase("""\ude00""")]
    [TestCase("""\ud83d\u0041""")]
    [TestCase("""\ud83dx""")]
    [TestCase("""\ud83dxxde00""")]
    public void Half_a_surrogate_pair_is_no_text(string raw) => Assert.That(Decode(raw), Is.Null);

    private static string? Decode(string raw)
    {
        var text = new byte[64];
        return V1Text.TryUnescape(Encoding.ASCII.GetBytes(raw), text, out var length) ? Encoding.UTF8.GetString(text, 0, length) : null;
    }

    private static void AssertNotLaxer(byte[] line)
    {
        if (new V1Reader(line).TryRead() && !IsJsonObject(line))
            Assert.Fail($"takes {Convert.ToHexString(line)} = {Encoding.UTF8.GetString(line)}");
    }

    private static bool IsJsonObject(byte[] line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false; // Refused: the answer.
        }
    }
}
