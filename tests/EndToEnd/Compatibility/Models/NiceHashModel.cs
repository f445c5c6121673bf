using System.Text.Json;

namespace Viddhana.Tests.EndToEnd.Compatibility.Models;

/// <summary>What NiceHash's validator is known to look at.</summary>
internal sealed class NiceHashModel : ClientModel
{
    private const int CoinbaseMax = 500;
    private const int Extranonce2Min = 4;

    private readonly Dictionary<string, string> _coinbases = new(StringComparer.Ordinal);
    private double _next;
    private double _difficulty;

    public override double Difficulty => _difficulty;

    public override void Receive(string line)
    {
        var message = Parse(line);
        if (Get(message, "method") is { } method) TakeMethod(Text(method), message);
        else TakeAnswer(message);
    }

    public override void Reconnect()
    {
        base.Reconnect();
        _next = 0;
    }

    private void TakeMethod(string method, JsonElement message)
    {
        Assert.That(IsMissingOrNull(Get(message, "id")), $"{message}");
        var parameters = message.GetProperty("params");
        if (method == "mining.set_difficulty") _next = parameters[0].GetDouble();
        if (method != "mining.notify") return;

        Assert.That(_next, Is.GreaterThan(0), "a difficulty before the first work");
        Assert.That(parameters.GetArrayLength(), Is.EqualTo(9));
        Work = SeenWork.Of(parameters);
        var isKnown = _coinbases.TryGetValue(Work.JobId, out var known);
        Assert.That(!isKnown || known == Work.Coinbase1, "an id stands for the same work for ever, on every connection");
        _coinbases[Work.JobId] = Work.Coinbase1;
        var coinbase = (Work.Coinbase1.Length + Extranonce1.Length + Work.Coinbase2.Length) / 2;
        Assert.That(coinbase + Extranonce2Size, Is.LessThanOrEqualTo(CoinbaseMax));
        _difficulty = _next;
        Counter = 0;
    }

    private void TakeAnswer(JsonElement message)
    {
        Assert.That(Get(message, "error"), Is.Not.Null, $"\"error\" is there even where there is none: {message}");
        Assert.That(Get(message, "result"), Is.Not.Null, $"{message}");
        var result = message.GetProperty("result");
        if (Waiting == Wait.Configure)
        {
            VersionMask = Convert.ToUInt32(Text(result.GetProperty("version-rolling.mask")), 16);
        }
        else if (Waiting == Wait.Subscribe)
        {
            Extranonce1 = Text(result[1]);
            Extranonce2Size = result[2].GetInt32();
            Assert.That(Extranonce2Size, Is.GreaterThanOrEqualTo(Extranonce2Min));
        }
        else if (Waiting == Wait.Nothing)
        {
            Shares = IsTrue(result) ? (Shares.Accepted + 1, Shares.Refused) : (Shares.Accepted, Shares.Refused + 1);
        }

        Waiting = Wait.Nothing;
    }
}
