using System.Globalization;
using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Compatibility.Models;

/// <summary>NerdMiner v2, whose buffers are the smallest of all.</summary>
internal sealed class NerdMinerModel : ClientModel
{
    private const int DocumentMax = 4_096;
    private const int CoinbaseDigitsMax = 511;

    private double _difficulty = 0.00015;

    public override double Difficulty => _difficulty;

    // The same extranonce2 for ever, so a second share of the same work has another nonce.
    protected override uint FirstNonce => LastNonce + 1;

    public override void Receive(string line)
    {
        Assert.That(DocumentSize(line), Is.LessThanOrEqualTo(DocumentMax), "a document that does not fit is no document");
        var message = Parse(line);
        if (Waiting == Wait.Subscribe) TakeSubscribed(message);
        else TakeLine(message);
    }

    /// <summary>It reads one line after mining.subscribe, at once, and goes on without looking at any other answer.</summary>
    private void TakeSubscribed(JsonElement message)
    {
        Assert.That(Get(message, "result"), Is.Not.Null, $"the line after mining.subscribe is not its answer: {message}");
        Assert.That(IsError(message), Is.False);
        var result = message.GetProperty("result");
        Assert.That(Text(result[0][0][1]), Is.Not.Empty);
        Extranonce1 = Text(result[1]);
        Assert.That(Extranonce1, Is.Not.Empty);
        Extranonce2Size = result[2].GetInt32();
        Assert.That(Extranonce2Size, Is.AnyOf(2, 4, 8), "others it does not know");
        Waiting = Wait.Nothing;
    }

    private void TakeLine(JsonElement message)
    {
        if (IsError(message))
        {
            Shares = (Shares.Accepted, Shares.Refused + 1);
            return;
        }

        if (Get(message, "method") is not { } method)
        {
            Assert.That(IsMissingOrNull(Get(message, "error")), $"{message}");
            Shares = (Shares.Accepted + 1, Shares.Refused);
            return;
        }

        var parameters = message.GetProperty("params");
        if (method.GetString() == "mining.set_difficulty") _difficulty = parameters[0].GetDouble();
        if (method.GetString() == "mining.notify") Work = SeenWork.Of(parameters);
    }

    // An error that is text has no elements, so it would be a success.
    private static bool IsError(JsonElement message)
    {
        if (IsMissingOrNull(Get(message, "error"))) return false;

        Assert.That(message.GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Array), $"{message}");
        return true;
    }

    protected override string SpellNonce(uint nonce) => nonce.ToString("x", CultureInfo.InvariantCulture);

    protected override string NextExtranonce2() => new string('0', (2 * Extranonce2Size) - 1) + "1";

    protected override string Coinbase(SeenWork work, string extranonce2)
    {
        var whole = base.Coinbase(work, extranonce2);
        return whole.Length <= CoinbaseDigitsMax ? whole : whole[..(CoinbaseDigitsMax - 1)];
    }

    // ArduinoJson 6 on a 32-bit machine: 16 bytes for each value, and every different text with a zero after it.
    private static int DocumentSize(string line)
    {
        var texts = new HashSet<string>();
        return Values(JsonDocument.Parse(line).RootElement) + texts.Sum(text => text.Length + 1);

        int Values(JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.String) texts.Add(value.GetString()!);
            if (value.ValueKind == JsonValueKind.Array) return value.EnumerateArray().Sum(item => 16 + Values(item));
            if (value.ValueKind != JsonValueKind.Object) return 0;
            foreach (var member in value.EnumerateObject()) texts.Add(member.Name);
            return value.EnumerateObject().Sum(member => 16 + Values(member.Value));
        }
    }
}
